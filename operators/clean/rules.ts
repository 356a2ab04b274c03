import type { Data, DataType } from 'apache-arrow';
import {
  type Batch,
  type InstantType,
  instantsOf,
  type NumericType,
  numberView,
  type StringType,
  stringView,
  Validity,
} from '../../columnar/index.ts';
import { MillraceError } from '../../streams/index.ts';
import { instantText } from '../rows/row-text.ts';

/** Tells whether a row's value is fine; made once per batch, called once per row. */
export interface BoundRule {
  accepts(row: number): boolean;
  /** The value as it should stand in a reason. */
  text(row: number): string;
}

/** A rule for one column of type `Type`. */
export interface Rule<Type extends DataType = DataType> {
  /** What a value must be, as in `must be <expects>`. */
  readonly expects: string;
  bind(batch: Batch, column: string, data: Data): BoundRule;
  /** Phantom: a rule for numbers cannot be given to a string column. */
  readonly appliesTo?: (type: Type) => void;
}

/** The value must be there. */
export function notNull(): Rule<DataType> {
  return {
    expects: 'present',
    bind: (_batch, _column, data) => {
      const validity = Validity.of(data);
      return { accepts: (row) => validity.isValid(row), text: () => 'null' };
    },
  };
}

/** A number from `least` to `greatest`, both included. NaN breaks it; null does not. */
export function range(least: number, greatest: number): Rule<NumericType> {
  if (!(least <= greatest))
    throw new MillraceError('INVALID_OPTION', `range(${least}, ${greatest}) accepts no number`, { hint: 'give the least value first' });
  return {
    expects: `from ${least} to ${greatest}`,
    bind: (batch, column) => {
      const { values, validity } = numberView(batch, column);
      return {
        accepts: (row) => !validity.isValid(row) || ((values[row] as number) >= least && (values[row] as number) <= greatest),
        text: (row) => String(values[row]),
      };
    },
  };
}

/** A number that is neither NaN nor infinite. Null does not break it. */
export function finite(): Rule<NumericType> {
  return {
    expects: 'finite',
    bind: (batch, column) => {
      const { values, validity } = numberView(batch, column);
      return { accepts: (row) => !validity.isValid(row) || Number.isFinite(values[row]), text: (row) => String(values[row]) };
    },
  };
}

/** An instant from `earliest` to `latest` (ISO 8601), both included: clocks that jump by years end here. */
export function between(earliest: string, latest: string): Rule<InstantType> {
  const [from, to] = [Date.parse(earliest), Date.parse(latest)];
  if (!(from <= to))
    throw new MillraceError('INVALID_OPTION', `between('${earliest}', '${latest}') accepts no instant`, {
      hint: 'write both in ISO 8601, the earlier first',
    });
  return {
    expects: `from ${earliest} to ${latest}`,
    bind: (batch, column, data) => {
      const instants = instantsOf(batch, column);
      const validity = Validity.of(data);
      return {
        accepts: (row) => !validity.isValid(row) || ((instants[row] as number) >= from && (instants[row] as number) <= to),
        text: (row) => instantText(instants[row] as number),
      };
    },
  };
}

/** One of these strings. Null does not break it. */
export function oneOf(strings: readonly string[]): Rule<StringType> {
  const known = new Set(strings);
  return {
    expects: `one of ${strings.slice(0, 20).join(', ')}${strings.length > 20 ? ', ...' : ''}`,
    bind: (batch, column) => stringRule(batch, column, (string) => known.has(string)),
  };
}

/** A string in which the regular expression is found. Null does not break it. */
export function matches(pattern: RegExp): Rule<StringType> {
  if (pattern.global || pattern.sticky)
    throw new MillraceError('INVALID_OPTION', `matches(${pattern}) would remember its place between rows`, {
      hint: 'leave out the flags g and y',
    });
  return { expects: `like ${pattern}`, bind: (batch, column) => stringRule(batch, column, (string) => pattern.test(string)) };
}

function stringRule(batch: Batch, column: string, test: (string: string) => boolean): BoundRule {
  const strings = stringView(batch, column);
  return {
    accepts: (row) => {
      const string = strings.get(row);
      return string === null || test(string);
    },
    text: (row) => `'${strings.get(row)}'`,
  };
}

/** Any test of your own on one column's values; it is given null, a number, a string or an instant in ms. */
export function satisfies(expects: string, test: (value: string | number | null) => boolean): Rule<NumericType | StringType | InstantType> {
  return {
    expects,
    bind: (batch, column, data) => {
      const get = valueReader(batch, column, data);
      return { accepts: (row) => test(get(row)), text: (row) => String(get(row)) };
    },
  };
}

function valueReader(batch: Batch, column: string, data: Data): (row: number) => string | number | null {
  if (data.type.toString().startsWith('Timestamp')) {
    const instants = instantsOf(batch, column);
    const validity = Validity.of(data);
    return (row) => (validity.isValid(row) ? (instants[row] as number) : null);
  }
  if ('precision' in data.type || 'bitWidth' in data.type) {
    const { values, validity } = numberView(batch, column);
    return (row) => (validity.isValid(row) ? (values[row] as number) : null);
  }
  const strings = stringView(batch, column);
  return (row) => strings.get(row);
}

/** All of several rules for one column. */
export function allOf<Type extends DataType>(...rules: readonly Rule<Type>[]): Rule<Type> {
  return {
    expects: rules.map((rule) => rule.expects).join(' and '),
    bind: (batch, column, data) => {
      const bound = rules.map((rule) => rule.bind(batch, column, data));
      return {
        accepts: (row) => bound.every((rule) => rule.accepts(row)),
        text: (row) => (bound.find((rule) => !rule.accepts(row)) ?? bound[0])?.text(row) ?? 'null',
      };
    },
  };
}
