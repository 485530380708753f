import { useEffect, useState } from 'preact/hooks';
import { getJson } from './feed.ts';
import type { Store } from './store.ts';

/** Draws the component again when the store has changed. */
export function useStore(store: Store): void {
  const [, setCount] = useState(0);
  useEffect(() => store.listen(() => setCount((count) => count + 1)), [store]);
}

/** Asked at once, when `path` changes, and every `periodMs`. Undefined: no answer yet. */
export function useJson<T>(path: string, periodMs: number): T | undefined {
  const [answer, setAnswer] = useState<T>();
  useEffect(() => {
    let isOver = false;
    let timer = 0;
    const ask = async (): Promise<void> => {
      try {
        const found = await getJson<T>(path);
        if (!isOver) setAnswer(found);
      } catch {
        // The banner tells that the node is away.
      }
      if (!isOver) timer = window.setTimeout(() => void ask(), periodMs);
    };
    void ask();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [path, periodMs]);
  return answer;
}
