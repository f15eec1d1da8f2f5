import { Notice } from './notice.tsx';

/** All there is to show when not even the settings could be read. */
export const Unreachable = () => (
  <main className="screen">
    <Notice
      failure={{
        title: 'Portrait cannot be reached',
        message: 'Check your connection. If it is fine, the service may be starting just now.',
      }}
      onRetry={() => location.reload()}
    />
  </main>
);
