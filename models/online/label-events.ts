/** A label that joined a forecast, waiting to be scored. */
export interface LabelEvent {
  /** Row of the input batch that brought the label. */
  row: number;
  lead: number;
  target: number;
  baseline: number;
  /** Place of the forecast in the batch's buffers if it is made at the end of this run, else -1. */
  forecast: number;
  /** The forecast, where it was made before. */
  prediction: number;
}

/** Labels of one run in the order of their arrival. Entries are used again from run to run, so that a row makes no objects. */
export class LabelEvents {
  readonly #events: LabelEvent[] = [];
  #length = 0;

  /** A free entry to be filled in. */
  add(): LabelEvent {
    if (this.#length === this.#events.length) {
      this.#events.push({ row: 0, lead: 0, target: 0, baseline: 0, forecast: -1, prediction: 0 });
    }
    return this.#events[this.#length++] as LabelEvent;
  }

  /** Hands out all events and forgets them. */
  drain(take: (event: LabelEvent) => void): void {
    for (let i = 0; i < this.#length; i++) take(this.#events[i] as LabelEvent);
    this.#length = 0;
  }
}
