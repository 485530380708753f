/** Moves and scales a drawing in a frame: by pointer, wheel, two fingers and keys. */

export interface PanZoom {
  zoom(factor: number): void;
  showAll(): void;
  /** Brings a part of the drawing into sight, large enough to be read. */
  reveal(part: Element): void;
  detach(): void;
}

const MIN_SCALE = 0.1;
const MAX_SCALE = 6;
/** Below it the texts of a chart are too small. */
const READABLE_SCALE = 0.58;
const REVEALED_SCALE = 0.8;
const KEY_STEP = 60;
const MARGIN = 12;

interface Point {
  readonly x: number;
  readonly y: number;
}

export function attachPanZoom(frame: HTMLElement, drawing: SVGElement): PanZoom {
  const width = Number(drawing.getAttribute('width'));
  const height = Number(drawing.getAttribute('height'));
  let scale = 1;
  let left = 0;
  let top = 0;
  /** By a person or by `reveal`: a new size of the frame then changes nothing. */
  let isMoved = false;
  const pointers = new Map<number, Point>();
  const cleanups: (() => void)[] = [];

  const apply = (): void => {
    drawing.style.transform = `translate(${left}px, ${top}px) scale(${scale})`;
  };

  function showAll(): void {
    const { clientWidth, clientHeight } = frame;
    if (clientWidth === 0) return;
    const fitting = Math.min((clientWidth - MARGIN) / width, (clientHeight - MARGIN) / height);
    scale = Math.min(1.2, Math.max(MIN_SCALE, fitting));
    left = Math.max(0, (clientWidth - width * scale) / 2);
    top = Math.max(0, (clientHeight - height * scale) / 2);
    isMoved = false;
    apply();
  }

  function reveal(part: Element): void {
    const box = frame.getBoundingClientRect();
    isMoved = true;
    const wasReadable = scale >= READABLE_SCALE;
    if (!wasReadable) scale = REVEALED_SCALE;
    apply();
    const own = part.getBoundingClientRect();
    const isInSight =
      wasReadable &&
      own.left >= box.left &&
      own.top >= box.top &&
      own.right <= box.right &&
      own.bottom <= box.bottom;
    if (isInSight) return;
    left += box.left + box.width / 2 - (own.left + own.width / 2);
    top += box.top + box.height / 2 - (own.top + own.height / 2);
    apply();
  }

  /** `at`: the point of the frame that stays where it is. */
  function zoomAt(factor: number, at: Point): void {
    const wanted = Math.min(MAX_SCALE, Math.max(MIN_SCALE, scale * factor));
    left = at.x - ((at.x - left) * wanted) / scale;
    top = at.y - ((at.y - top) * wanted) / scale;
    scale = wanted;
    isMoved = true;
    apply();
  }

  const zoom = (factor: number): void =>
    zoomAt(factor, { x: frame.clientWidth / 2, y: frame.clientHeight / 2 });

  function on<K extends keyof HTMLElementEventMap>(
    name: K,
    listener: (event: HTMLElementEventMap[K]) => void,
  ): void {
    frame.addEventListener(name, listener, { passive: false });
    cleanups.push(() => frame.removeEventListener(name, listener));
  }

  const pointOf = ({ clientX, clientY }: MouseEvent): Point => {
    const box = frame.getBoundingClientRect();
    return { x: clientX - box.left, y: clientY - box.top };
  };

  function onMove(event: PointerEvent): void {
    const before = pointers.get(event.pointerId);
    if (before === undefined) return;
    const now = pointOf(event);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, now);
    if (other === undefined) {
      isMoved = true;
      left += now.x - before.x;
      top += now.y - before.y;
      apply();
      return;
    }
    const distance = (from: Point): number => Math.hypot(from.x - other.x, from.y - other.y);
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    zoomAt(distance(now) / Math.max(1, distance(before)), middle);
  }

  const KEYS: Readonly<Record<string, () => void>> = {
    '+': () => zoom(1.25),
    '=': () => zoom(1.25),
    '-': () => zoom(0.8),
    '0': showAll,
    ArrowLeft: () => {
      left += KEY_STEP;
    },
    ArrowRight: () => {
      left -= KEY_STEP;
    },
    ArrowUp: () => {
      top += KEY_STEP;
    },
    ArrowDown: () => {
      top -= KEY_STEP;
    },
  };

  on('pointerdown', (event) => {
    frame.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, pointOf(event));
  });
  on('pointermove', onMove);
  on('pointerup', ({ pointerId }) => pointers.delete(pointerId));
  on('pointercancel', ({ pointerId }) => pointers.delete(pointerId));
  on('wheel', (event) => {
    event.preventDefault();
    zoomAt(1.0015 ** -event.deltaY, pointOf(event));
  });
  on('keydown', (event) => {
    const act = KEYS[event.key];
    if (act === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
    apply();
  });
  const resized = new ResizeObserver(() => {
    if (!isMoved) showAll();
  });
  resized.observe(frame);
  cleanups.push(() => resized.disconnect());
  showAll();
  return {
    zoom,
    showAll,
    reveal,
    detach: () => {
      for (const cleanup of cleanups) cleanup();
    },
  };
}
