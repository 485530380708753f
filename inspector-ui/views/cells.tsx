/** Cells, and how much of each is taken. */
import type { CellView } from '../../src/inspector/views.ts';
import { megabytes } from '../format.ts';
import { useJson } from '../use-store.ts';

const REFRESH_MS = 3000;

function Share(props: { readonly used: number; readonly total: number; readonly text: string }) {
  const { used, total, text } = props;
  return (
    <td>
      <meter min={0} max={Math.max(1, total)} value={used} /> <small>{text}</small>
    </td>
  );
}

function CellRow({ cell }: { readonly cell: CellView }) {
  const { total, free } = cell;
  const status = cell.isSilent ? 'silent' : cell.isEvacuating ? 'evacuating' : 'up';
  const own = free ?? total;
  const memory = total.memoryMb - own.memoryMb;
  const disk = total.diskMb - own.diskMb;
  const containers = total.containers - own.containers;
  return (
    <tr data-cell={cell.cellId}>
      <td>{cell.cellId}</td>
      <td>{cell.zone}</td>
      <td>
        <span class={`chip status-${status}`}>{status}</span>
      </td>
      <Share
        used={memory}
        total={total.memoryMb}
        text={`${megabytes(memory)} of ${megabytes(total.memoryMb)}`}
      />
      <Share
        used={disk}
        total={total.diskMb}
        text={`${megabytes(disk)} of ${megabytes(total.diskMb)}`}
      />
      <Share
        used={containers}
        total={total.containers}
        text={`${containers} of ${total.containers}`}
      />
      <td class="number">{cell.lrps}</td>
      <td class="number">{cell.tasks}</td>
      <td class="mono">{cell.address}</td>
    </tr>
  );
}

export function Cells() {
  const cells = useJson<readonly CellView[]>('cells', REFRESH_MS);
  if (cells === undefined) return <p class="empty">Asking the cells.</p>;
  if (cells.length === 0) return <p class="empty">There are no cells: nothing can run.</p>;
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>cell</th>
            <th>zone</th>
            <th>status</th>
            <th>memory</th>
            <th>disk</th>
            <th>containers</th>
            <th class="number">instances</th>
            <th class="number">tasks</th>
            <th>address</th>
          </tr>
        </thead>
        <tbody>
          {cells.map((cell) => (
            <CellRow key={cell.cellId} cell={cell} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
