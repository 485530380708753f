/** Undefined when the template can be read; otherwise what is wrong with it. */
export function checkErrorPage(template: string): string | undefined {
  const opened = template.split('{{').length - 1;
  const closed = template.match(/\{\{[^{}]*\}\}/g)?.length ?? 0;
  return opened === closed ? undefined : 'unclosed action in template';
}
