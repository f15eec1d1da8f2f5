import type { ServerResponse } from 'node:http';

type Elements = { [name: string]: string | number | Elements };

/** Sends an XML document of nested elements, with escaped text. */
export function sendXml(response: ServerResponse, status: number, elements: Elements) {
  response.writeHead(status, { 'content-type': 'application/xml', 'cache-control': 'no-store' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\n${writeXml(elements)}`);
}

const writeXml = (elements: Elements): string =>
  Object.entries(elements)
    .map(([name, value]) => {
      const content = typeof value === 'object' ? writeXml(value) : escapeText(String(value));
      return `<${name}>${content}</${name}>`;
    })
    .join('');

const escapeText = (text: string) =>
  text
    // XML does not allow control characters.
    .replace(/[^\t\n\r\u0020-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
