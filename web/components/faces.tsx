/** Colors of skin, hair, clothes and background. */
const FACES = [
  ['#e8b796', '#3b2a20', '#2f5d62', '#e9d8b4'],
  ['#8d5a3b', '#1c1513', '#c2361a', '#cfdcd2'],
  ['#f1cdb0', '#b4532a', '#3d3a6b', '#f0c9b8'],
  ['#c68b5e', '#59544e', '#7a8c3a', '#d5d3e6'],
] as const;

/** Illustration of four portraits; with `hasGap`, one of them is an empty circle. */
export const Faces = ({ hasGap = false }: { hasGap?: boolean }) => (
  <svg className="faces" viewBox="0 0 380 100" aria-hidden="true">
    <defs>
      <clipPath id="frame">
        <circle cx="50" cy="50" r="42" />
      </clipPath>
    </defs>
    {FACES.map(([skin, hair, clothes, wall], at) => (
      <g key={wall} transform={`translate(${at * 93})`}>
        {hasGap && at === 2 ? (
          <circle className="gap" cx="50" cy="50" r="41" />
        ) : (
          <g clipPath="url(#frame)">
            <path fill={wall} d="M0 0h100v100H0z" />
            <path fill={hair} d={HAIR[at]} />
            <path fill={clothes} d="M14 100c0-24 16-32 36-32s36 8 36 32z" />
            <path fill={skin} d="M43 60h14v10a7 7 0 0 1-14 0z" />
            <ellipse fill={skin} cx="50" cy="47" rx="15" ry="18" />
            <path fill={hair} d={FRINGE[at]} />
          </g>
        )}
      </g>
    ))}
  </svg>
);

const HAIR = [
  'M31 45c0-16 8-24 19-24s19 8 19 24v26H31z',
  'M50 18a19 19 0 0 1 19 24c0 8-38 8-38 0a19 19 0 0 1 19-24',
  'M33 42c-2-14 6-22 17-22s19 8 17 22z',
  'M50 12a9 9 0 0 1 7 14c6 3 10 9 10 18H33c0-9 4-15 10-18a9 9 0 0 1 7-14',
] as const;

const FRINGE = [
  'M34 42c2-12 8-15 16-15s14 3 16 15c-8-2-12-6-16-10-4 4-8 8-16 10',
  'M34 40c0-10 6-15 16-15s16 5 16 15c-5-6-27-6-32 0',
  'M33 43c0-14 7-19 17-19s18 7 17 19c-3-9-8-11-14-11s-16 1-20 11',
  'M35 41c1-10 7-14 15-14s14 4 15 14c-6-7-24-7-30 0',
] as const;
