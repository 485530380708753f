import { renderErrorPage } from './error-page.ts';
import { HeaderList } from './header-list.ts';
import { ROUTER_ERRORS, type RouterErrorName } from './router-errors.ts';
import { statusText } from './status-text.ts';

/** An answer that the router makes itself. */
export interface RouterResponse {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: string;
  /** What the access log shows as x_cf_routererror. */
  readonly routerError: string;
  /** The counter that this answer adds to; empty: none. */
  readonly counter: string;
}

/** Anything that could end a header line is written as its escape (corpus: CR LF in our text). */
export function headerSafe(text: string): string {
  return text
    .replace(
      /[\u0000-\u0008\u000a-\u001f\u007f]/g,
      (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )
    .replace(/[^\u0000-\u00ff]/g, '?');
}

export interface ErrorDetails {
  readonly host?: string;
  readonly guid?: string;
  readonly index?: string;
  /** Put in place of `…` in X-Cf-RouterError. */
  readonly cause?: string;
}

function fill(text: string, details: ErrorDetails): string {
  return text.replace(/HOST|GUID|INDEX/g, (word) => {
    if (word === 'HOST') return details.host ?? '';
    return (word === 'GUID' ? details.guid : details.index) ?? '';
  });
}

/** Text and headers as gorouter.md §5.9 and §5.10 give them. */
export function errorResponse(
  name: RouterErrorName,
  details: ErrorDetails,
  htmlTemplate: string,
): RouterResponse {
  const { status, routerError, cacheControl, message, isWholeBody, counter } = ROUTER_ERRORS[name];
  const headers = new HeaderList();
  const cause = headerSafe(details.cause ?? '');
  const routerErrorValue = routerError.replace('…', () => cause);
  const text = fill(message, details);
  const wholeText = isWholeBody === true ? text : `${status} ${statusText(status)}: ${text}`;
  if (cacheControl !== '') headers.append('Cache-Control', cacheControl);
  if (routerErrorValue !== '') headers.append('X-Cf-RouterError', routerErrorValue);
  const page = text === '' ? undefined : renderErrorPage(htmlTemplate, status, text, headers);
  if (text !== '') {
    const subtype = page === undefined ? 'plain' : 'html';
    headers.append('Content-Type', `text/${subtype}; charset=utf-8`);
    headers.append('X-Content-Type-Options', 'nosniff');
  }
  // As recorded: the text that stands in for a page that failed has no end of line.
  const end = htmlTemplate === '' ? '\n' : '';
  const body = page ?? (text === '' ? '' : `${wholeText}${end}`);
  return { status, headers, body, routerError: routerErrorValue, counter };
}
