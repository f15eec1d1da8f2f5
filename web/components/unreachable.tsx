import { Notice } from './notice.tsx';

/** Shown if `config.json` could not be loaded. */
export const Unreachable = () => (
  <main className="screen">
    <Notice
      failure={{
        title: 'Portrait cannot be reached',
        message: 'Check your connection, then try again. The service may be starting up.',
      }}
      onRetry={() => location.reload()}
    />
  </main>
);
