import { Notice } from './notice.tsx';

/** All there is to show when not even the settings could be read. */
export const Unreachable = () => (
  <main className="screen">
    <Notice
      failure={{
        title: 'Portrait is unreachable',
        message: 'Check your connection. The service may also be starting up.',
      }}
      onRetry={() => location.reload()}
    />
  </main>
);
