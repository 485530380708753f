/** A statechart: the drawing of the docs, with the present in it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Taken } from '../src/inspector/taken-edges.ts';
import { attachPanZoom, type PanZoom } from './pan-zoom.ts';

export interface ChartProps {
  readonly machine: string;
  /** Ids of active states. */
  readonly active: readonly string[];
  readonly last: Taken;
  readonly counts: ReadonlyMap<string, number>;
}

const drawings = new Map<string, Promise<SVGElement>>();

/** Its own style is for the docs; here the page decides. */
async function fetchDrawing(machine: string): Promise<SVGElement> {
  const answer = await fetch(`charts/${machine}.svg`);
  const parsed = new DOMParser().parseFromString(await answer.text(), 'image/svg+xml');
  const svg = parsed.documentElement as unknown as SVGElement;
  svg.querySelector('style')?.remove();
  return svg;
}

async function drawingOf(machine: string): Promise<SVGElement> {
  const known = drawings.get(machine) ?? fetchDrawing(machine);
  drawings.set(machine, known);
  return (await known).cloneNode(true) as SVGElement;
}

function mark(svg: Element, { active, last, counts }: ChartProps): void {
  for (const state of svg.querySelectorAll('[data-state]')) {
    state.classList.toggle('active', active.includes(state.getAttribute('data-state') ?? ''));
  }
  for (const text of svg.querySelectorAll('[data-edge]')) {
    const edge = text.getAttribute('data-edge') ?? '';
    text.classList.toggle('last', last.edges.includes(edge));
    text.classList.toggle('maybe', last.edges.includes(edge) && !last.isCertain);
    text.classList.toggle('untaken', !counts.has(edge));
  }
  for (const arrow of svg.querySelectorAll('[data-edges]')) {
    const edges = (arrow.getAttribute('data-edges') ?? '').split(' ').filter((id) => id !== '');
    arrow.classList.toggle(
      'last',
      edges.some((edge) => last.edges.includes(edge)),
    );
    const isTaken = edges.some((edge) => counts.has(edge) || last.edges.includes(edge));
    arrow.classList.toggle('untaken', edges.length > 0 && !isTaken);
  }
}

export function Chart(props: ChartProps) {
  const { machine } = props;
  const frame = useRef<HTMLDivElement>(null);
  const zoom = useRef<PanZoom>(undefined);
  const [svg, setSvg] = useState<SVGElement>();
  useEffect(() => {
    let isOver = false;
    setSvg(undefined);
    void drawingOf(machine).then((drawing) => {
      if (isOver || frame.current === null) return;
      frame.current.replaceChildren(drawing);
      zoom.current?.detach();
      zoom.current = attachPanZoom(frame.current, drawing);
      setSvg(drawing);
    });
    return () => {
      isOver = true;
      zoom.current?.detach();
      zoom.current = undefined;
    };
  }, [machine]);
  useEffect(() => {
    if (svg !== undefined) mark(svg, props);
  });
  const innermost = props.active.at(-1);
  useEffect(() => {
    const state = svg?.querySelector(`[data-state="${innermost}"]`);
    if (state) zoom.current?.reveal(state);
  }, [svg, innermost]);
  const help = 'drag to move, wheel or pinch to zoom; keys: arrows, + and -, 0 fits';
  return (
    <figure class="chart" data-chart={machine}>
      <div
        class="chart-frame"
        ref={frame}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the chart is moved by keys
        tabIndex={0}
        role="application"
        aria-label={`Statechart of ${machine}: ${help}`}
      />
      <div class="chart-tools">
        <button type="button" title="zoom in (+)" onClick={() => zoom.current?.zoom(1.25)}>
          +
        </button>
        <button type="button" title="zoom out (-)" onClick={() => zoom.current?.zoom(0.8)}>
          −
        </button>
        <button type="button" title="fit (0)" onClick={() => zoom.current?.showAll()}>
          fit
        </button>
      </div>
      <figcaption>
        <span class="key key-active">active</span>
        <span class="key key-last">last taken</span>
        <span class="key key-untaken">not taken since this page looks</span>
      </figcaption>
    </figure>
  );
}
