/** A laid-out machine as SVG: readable alone, and alive in the inspector by its `data-` names. */
import { type Arrow, type Box, type Layout, LINE, type TextLine } from './lay-out.ts';

const STYLE = `
.machine { --paper: #ffffff; --ink: #1d2530; --soft: #66707d; --line: #9aa4b1; --box: #f4f6f9 }
@media (prefers-color-scheme: dark) {
  .machine { --paper: #14181d; --ink: #e4e9ef; --soft: #98a3b0; --line: #5f6b79; --box: #1e242b }
}
.machine { background: var(--paper); font: 11px ui-monospace, Menlo, Consolas, monospace }
.machine text { fill: var(--soft) }
.machine .name { fill: var(--ink); font-weight: bold }
.machine rect { fill: var(--box); stroke: var(--line) }
.machine .region { fill: none; stroke-dasharray: 5 3 }
.machine path { fill: none; stroke: var(--line) }
.machine .head, .machine circle { fill: var(--line); stroke: none }
.machine .label { fill: var(--paper); stroke: none; opacity: .82 }
`.trim();

const escapeXml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

function textElement({ text, full, edge }: TextLine, x: number, y: number): string {
  const name = edge === undefined ? '' : ` data-edge="${escapeXml(edge)}"`;
  const title = full === text ? '' : `<title>${escapeXml(full)}</title>`;
  return `<text x="${x}" y="${y}"${name}>${title}${escapeXml(text)}</text>`;
}

function boxElement({ state, x, y, width, height, lines }: Box): string {
  const isRegion = state.kind === 'compound' || state.kind === 'parallel';
  const inner =
    state.kind === 'final'
      ? `<rect x="${x + 3}" y="${y + 3}" width="${width - 6}" height="${height - 6}" rx="5"/>`
      : '';
  const texts = lines.map((line, index) => textElement(line, x + 10, y + 16 + LINE * (index + 1)));
  return [
    `<g class="state" data-state="${state.id}">`,
    `<rect${isRegion ? ' class="region"' : ''} x="${x}" y="${y}" width="${width}"` +
      ` height="${height}" rx="8"/>${inner}`,
    `<text class="name" x="${x + 10}" y="${y + 16}">${escapeXml(state.key)}</text>`,
    ...texts,
    '</g>',
  ].join('\n');
}

/** A triangle at the end, in the direction of the last piece. */
function headElement(points: Arrow['points']): string {
  const [endX, endY] = points.at(-1) ?? [0, 0];
  const [fromX, fromY] = points.at(-2) ?? [0, 0];
  const stepX = Math.sign(endX - fromX);
  const stepY = Math.sign(endY - fromY);
  const baseX = endX - stepX * 8;
  const baseY = endY - stepY * 8;
  const corners = [
    `${endX},${endY}`,
    `${baseX + stepY * 4},${baseY + stepX * 4}`,
    `${baseX - stepY * 4},${baseY - stepX * 4}`,
  ];
  return `<polygon class="head" points="${corners.join(' ')}"/>`;
}

function arrowElement({ edges, points, label, labelX, labelY }: Arrow): string {
  const path = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join(' ');
  const width = Math.max(0, ...label.map(({ text }) => [...text].length)) * 6.7;
  const back =
    label.length === 0
      ? ''
      : `<rect class="label" x="${labelX}" y="${labelY}" width="${Math.ceil(width + 4)}"` +
        ` height="${LINE * label.length}"/>`;
  return [
    `<g class="arrow" data-edges="${escapeXml(edges.join(' '))}">`,
    `<path d="${path}"/>${headElement(points)}${back}`,
    ...label.map((line, index) => textElement(line, labelX + 2, labelY + 11 + LINE * index)),
    '</g>',
  ].join('\n');
}

export function drawChart(layout: Layout): string {
  const { id, everywhere, boxes, arrows, dots } = layout;
  const top = 26 + LINE * everywhere.length;
  const textWidth = Math.max(0, ...everywhere.map(({ text }) => text.length + 12)) * 6.7;
  const width = Math.ceil(Math.max(layout.width, textWidth + 28, 220));
  const height = layout.height + top;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="machine" data-machine="${id}" role="img"` +
      ` aria-label="Statechart of ${id}" viewBox="0 0 ${width} ${height}"` +
      ` width="${width}" height="${height}">`,
    `<style>${STYLE}</style>`,
    `<text class="name" x="14" y="20">${escapeXml(id)}</text>`,
    ...everywhere.map((line, index) => {
      const text = `in every state: ${line.text}`;
      return textElement({ ...line, text }, 14, 20 + LINE * (index + 1));
    }),
    `<g transform="translate(0 ${top})">`,
    ...boxes.map(boxElement),
    ...arrows.map(arrowElement),
    ...dots.map(({ x, y }) => `<circle cx="${x}" cy="${y}" r="5"/>`),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}
