import type { Palette, TimeWindow } from './timeline-chart.ts';
import { update } from './view.ts';

type Parts = {
  readonly window: TimeWindow;
  /** Whether time stands still. */
  readonly isStill: () => boolean;
  readonly paint: (context: CanvasRenderingContext2D, width: number, height: number) => void;
  /** Called with the height at which a click was. */
  readonly onClick: (y: number) => void;
};

/** How far a pointer moves before it drags, in pixels. */
const dragFrom = 3;

/** A canvas that is painted more often than the page is rendered: with each pixel that time moves. It is dragged and zoomed. */
export class TimelineCanvas {
  readonly #parts: Parts;
  #element: HTMLCanvasElement | null = null;
  #paintedAt = 0;
  /** Where the pointer went down, and until when the window was then. */
  #drag: { readonly x: number; readonly end: number; hasMoved: boolean } | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** To be called with the element, and with none when it is gone. */
  readonly take = (element: Element | undefined): void => {
    this.#element = (element as HTMLCanvasElement | undefined) ?? null;
    if (this.#element === null) return;
    // Not passive: with the modifier the page would zoom.
    this.#element.addEventListener('wheel', (event) => this.#turn(event), { passive: false });
    this.#element.addEventListener('pointerdown', (event) => this.#grab(event));
    this.#element.addEventListener('pointermove', (event) => this.#move(event));
    this.#element.addEventListener('pointerup', (event) => this.#drop(event));
    requestAnimationFrame(this.#animate);
  };

  readonly repaint = (): void => {
    const element = this.#element;
    const context = element?.getContext('2d');
    if (element === null || !context) return;
    const { clientWidth: width, clientHeight: height } = element;
    const [wide, high] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
    if (element.width !== wide) element.width = wide;
    if (element.height !== high) element.height = high;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    this.#parts.paint(context, width, height);
  };

  readonly #animate = (at: number): void => {
    if (this.#element === null) return;
    requestAnimationFrame(this.#animate);
    if (this.#parts.isStill() || at - this.#paintedAt < this.#msPerPixel) return;
    this.#paintedAt = at;
    this.repaint();
  };

  get #msPerPixel(): number {
    return this.#parts.window.span / Math.max(1, this.#element?.clientWidth ?? 1);
  }

  #turn(event: WheelEvent): void {
    const { ctrlKey, metaKey, shiftKey, deltaX, deltaY, offsetX } = event;
    const { window } = this.#parts;
    if (ctrlKey || metaKey) window.zoom(2 ** (deltaY / 200), window.from + offsetX * this.#msPerPixel);
    else if (shiftKey || Math.abs(deltaX) > Math.abs(deltaY)) window.pan((deltaX || deltaY) * this.#msPerPixel);
    else return;
    event.preventDefault();
    update();
  }

  #grab({ clientX, pointerId }: PointerEvent): void {
    this.#drag = { x: clientX, end: this.#parts.window.end, hasMoved: false };
    this.#element?.setPointerCapture(pointerId);
  }

  #move({ clientX }: PointerEvent): void {
    const drag = this.#drag;
    if (drag === null) return;
    const distance = clientX - drag.x;
    drag.hasMoved ||= Math.abs(distance) > dragFrom;
    if (!drag.hasMoved) return;
    this.#parts.window.showUntil(drag.end - distance * this.#msPerPixel);
    update();
  }

  #drop({ offsetY }: PointerEvent): void {
    const isClick = this.#drag?.hasMoved === false;
    this.#drag = null;
    if (isClick) this.#parts.onClick(offsetY);
  }
}

const darkness = matchMedia('(prefers-color-scheme: dark)');
let palette = { isDark: false, colours: new Map<string, string>() };

/** A canvas knows no variables of the style sheet, so the elements of the legend are asked for their colours. */
export const colour: Palette = (name) => {
  if (palette.isDark !== darkness.matches) palette = { isDark: darkness.matches, colours: new Map() };
  const known = palette.colours.get(name);
  if (known !== undefined) return known;
  const element = document.querySelector(`.legend .${name}`);
  if (element === null) return 'transparent';
  const { color } = getComputedStyle(element);
  palette.colours.set(name, color);
  return color;
};
