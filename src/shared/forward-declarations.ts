/// <reference lib="esnext.disposable" preserve="true" />

/**
 * What the package's types mention and neither their library of a language nor this package describes: they compile
 * without Node's types and without the DOM's. Where one of those is there, these add nothing to it.
 */
declare global {
  interface AbortSignal {}
  interface RequestInit {}
  interface Response {}
  interface URL {}
}
