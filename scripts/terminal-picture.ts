/**
 * Draws what a terminal showed as an SVG picture: `npm start | node scripts/terminal-picture.ts 'npm start' > docs/main-job.svg`.
 * Colors and bold are kept; other control sequences are dropped, and of a line that was overwritten the last text counts.
 */
import { readFileSync } from 'node:fs';

const CELL_WIDTH = 8.4;
const LINE_HEIGHT = 19;
const MARGIN = 16;
const BAR = 30;
const FOREGROUND = '#d6deeb';
/** Colors 30-37 of ECMA-48, then their bright forms 90-97. */
const PALETTE = ['#5c6773', '#f07178', '#a6d189', '#ffcb6b', '#82aaff', '#c792ea', '#89ddff', '#ffffff'];

interface Style {
  readonly color: string;
  readonly bold: boolean;
  readonly dim: boolean;
}

interface Span extends Style {
  readonly text: string;
}

const PLAIN: Style = { color: FOREGROUND, bold: false, dim: false };

const escapeXml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** What one number of a "select graphic rendition" sequence does to the style. */
function restyle(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 39) return { ...style, color: FOREGROUND };
  const color = PALETTE[code >= 90 ? code - 90 : code - 30];
  return color === undefined ? style : { ...style, color };
}

/** Splits a line at its control sequences. The style goes on into the next line, as in a terminal. */
function spansOf(line: string, start: Style): { readonly spans: Span[]; readonly style: Style } {
  const visible = line.slice(line.trimEnd().lastIndexOf('\r') + 1).trimEnd();
  const spans: Span[] = [];
  let style = start;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences begin with the escape character
  for (const part of visible.split(/(\u001b\[[\d;?]*[A-Za-z])/)) {
    if (!part.startsWith('\u001b')) {
      if (part !== '') spans.push({ ...style, text: part });
    } else if (part.endsWith('m')) {
      for (const code of part.slice(2, -1).split(';')) style = restyle(style, Number(code));
    }
  }
  return { spans, style };
}

function drawSpan({ text, color, bold, dim }: Span): string {
  const weight = bold ? ' font-weight="bold"' : '';
  const opacity = dim ? ' opacity="0.6"' : '';
  return `<tspan fill="${color}"${weight}${opacity}>${escapeXml(text)}</tspan>`;
}

/** The picture of a terminal that shows `output`, under the bar with `title`. */
export function terminalPicture(output: string, title: string): string {
  const rows: Span[][] = [];
  let style = PLAIN;
  for (const line of output.trimEnd().split('\n')) {
    const drawn = spansOf(line, style);
    rows.push(drawn.spans);
    style = drawn.style;
  }
  const columns = Math.max(60, ...rows.map((row) => row.reduce((sum, span) => sum + span.text.length, 0)));
  const width = Math.ceil(columns * CELL_WIDTH + 2 * MARGIN);
  const height = BAR + rows.length * LINE_HEIGHT + 2 * MARGIN;
  const lines = rows.map((row, index) => {
    const y = BAR + MARGIN + (index + 0.75) * LINE_HEIGHT;
    return `<text x="${MARGIN}" y="${y}" xml:space="preserve">${row.map(drawSpan).join('')}</text>`;
  });
  const dots = ['#f07178', '#ffcb6b', '#a6d189'].map(
    (color, index) => `<circle cx="${MARGIN + 6 + index * 18}" cy="15" r="5" fill="${color}"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<style>text{font:14px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}</style>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#10151c"/>${dots.join('')}`,
    `<text x="${width / 2}" y="20" text-anchor="middle" fill="#7f8b99">${escapeXml(title)}</text>`,
    ...lines,
    '</svg>\n',
  ].join('\n');
}

if (import.meta.main) process.stdout.write(terminalPicture(readFileSync(0, 'utf8'), process.argv[2] ?? ''));
