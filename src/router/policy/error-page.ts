import type { HeaderList } from './header-list.ts';
import { statusText } from './status-text.ts';

/** `{{.Status}}` or `{{.Header.Get "X-Name"}}`: what a page for router errors may hold. */
const ACTION = /^\s*\.(Status|StatusText|Message|Header\.Get\s+"([^"]*)")\s*$/;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);

/**
 * Fills the operator's HTML template (gorouter.md §5.9). Every value is escaped. An unknown field
 * or an empty template gives undefined: the answer then is plain text.
 */
export function renderErrorPage(
  template: string,
  status: number,
  message: string,
  headers: HeaderList,
): string | undefined {
  if (template === '') return undefined;
  let isKnown = true;
  const page = template.replace(/\{\{([^{}]*)\}\}/g, (_all, action: string) => {
    const match = ACTION.exec(action);
    if (match === null) {
      isKnown = false;
      return '';
    }
    if (match[1] === 'Status') return String(status);
    if (match[1] === 'StatusText') return escapeHtml(statusText(status));
    if (match[1] === 'Message') return escapeHtml(message);
    return escapeHtml(headers.get((match[2] ?? '').toLowerCase()) ?? '');
  });
  return isKnown ? page : undefined;
}
