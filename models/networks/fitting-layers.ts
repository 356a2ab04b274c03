import type { Parameter } from './parameter.ts';
import type { NetworkState } from './snapshot.ts';

/** Layers of a network that another network's state fits. */
export interface FittingLayers {
  /** Layers whose parameters are all there, by the same names and with the same shapes. */
  readonly kept: readonly string[];
  readonly fresh: readonly string[];
  /** Per parameter of the network: its place in the state, -1 where its layer begins anew. */
  readonly places: readonly number[];
}

/** Finds them; layers without parameters are in neither list. */
export function fittingLayers(parameters: readonly Parameter[], { tensors }: Pick<NetworkState, 'tensors'>): FittingLayers {
  const stored = new Map(tensors.map(([name, shape], place) => [`${name} ${shape.join(' x ')}`, place]));
  const placeOf = ({ name, shape }: Parameter) => stored.get(`${name} ${shape.join(' x ')}`) ?? -1;
  const layers = Map.groupBy(parameters, layerOf);
  const kept = [...layers].filter(([, own]) => own.every((parameter) => placeOf(parameter) >= 0)).map(([layer]) => layer);
  return {
    kept,
    fresh: [...layers.keys()].filter((layer) => !kept.includes(layer)),
    places: parameters.map((parameter) => (kept.includes(layerOf(parameter)) ? placeOf(parameter) : -1)),
  };
}

/** Parameters are named `<layer>.<role>`. */
const layerOf = ({ name }: Parameter) => name.slice(0, name.lastIndexOf('.'));

/** What the updates' own numbers are of: networks with another optimizer cannot use them. */
export const optimizerOf = (signature: string) => signature.slice(signature.lastIndexOf('; ') + 2);
