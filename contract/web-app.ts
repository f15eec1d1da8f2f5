import { API_PATHS } from './routes.ts';

/** `/config.json` of the web app, written by whatever serves it, so that one build fits all environments. */
export interface WebAppConfig {
  /** URL of the API, absolute or relative to the web app. */
  graphql: string;
  /** URL for subscriptions over WebSocket. */
  subscriptions: string;
  signIn: 'password' | 'provider';
  signUp: 'open' | 'closed';
}

/** @param identityProvider issuer of access tokens; undefined if users sign in here with passwords */
export const webAppConfig = (
  identityProvider: unknown,
  signUp: WebAppConfig['signUp'],
): WebAppConfig => ({
  graphql: API_PATHS.graphql,
  subscriptions: API_PATHS.graphql,
  signIn: identityProvider ? 'provider' : 'password',
  signUp,
});

/**
 * Content security policy of the web app: it runs its own scripts and styles, shows photos, and uploads to the bucket; nothing else.
 *
 * @param photos origin of the photos; none if they have the origin of the web app
 * @param uploads origin that receives direct uploads
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Content_Security_Policy_Cheat_Sheet.html
 */
export const webAppPolicy = ({ photos, uploads }: { photos?: string; uploads: string }) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src 'self' data: blob:${photos ? ` ${photos}` : ''}`,
    `connect-src 'self' ${uploads}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');

/** Further headers of the web app. */
export const WEB_APP_HEADERS = {
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
} as const;

/** Headers of stored photos: no browser runs a file of the bucket, and any site may show it. */
export const PHOTO_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
} as const;
