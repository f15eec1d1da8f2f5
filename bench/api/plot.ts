/** Draws CPU per request as a bar chart, in plain SVG. */
import type { Outcome } from './report.ts';

const [LEFT, RIGHT, WIDTH, BAR] = [150, 110, 760, 18];
const COLORS: Readonly<Record<string, string>> = { Portrait: '#1a7f37', floor: '#8c959f' };
const TITLE = 'CPU per request, µs (less is better)';

export function plot(outcomes: readonly Outcome[]): string {
  const parts: string[] = [];
  let y = 44;
  for (const { scenario, results } of outcomes) {
    const most = Math.max(...[...results.values()].map(({ cpu }) => cpu));
    y += 22;
    parts.push(text([8, y], scenario.label, 'font-weight="600"'));
    y += 8;
    for (const [name, { cpu, ratio }] of results) {
      const width = ((WIDTH - LEFT - RIGHT) * cpu) / most;
      const color = COLORS[name] ?? '#0969da';
      parts.push(
        text([LEFT - 8, y + BAR - 5], name, 'text-anchor="end"'),
        `<rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 3}" fill="${color}"/>`,
        text([LEFT + width + 6, y + BAR - 5], `${Math.round(cpu)} (${ratio.toFixed(1)} x floor)`),
      );
      y += BAR;
    }
  }
  return page(y + 16, describe(outcomes), parts);
}

/** The figures as text, for screen readers. */
const describe = (outcomes: readonly Outcome[]) =>
  outcomes
    .map(({ scenario, results }) => {
      const figures = [...results].map(([name, { cpu }]) => `${name} ${Math.round(cpu)}`);
      return `${scenario.label}: ${figures.join(', ')}.`;
    })
    .join(' ');

const page = (height: number, description: string, parts: string[]) => `\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title description"
  font-family="system-ui, sans-serif" font-size="12" fill="#1f2328">
<title id="title">${TITLE}</title>
<desc id="description">${description}</desc>
<rect width="100%" height="100%" fill="#ffffff"/>
${text([8, 26], TITLE, 'font-size="15" font-weight="600"')}
${parts.join('\n')}
</svg>
`;

const text = ([x, y]: readonly [number, number], words: string, style = '') =>
  `<text x="${x.toFixed(0)}" y="${y}" ${style}>${words}</text>`;
