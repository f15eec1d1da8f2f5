import './style/index.css';
import { ApolloProvider } from '@apollo/client/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createClient } from './api/client.ts';
import { App } from './app.tsx';
import { Unreachable } from './components/unreachable.tsx';
import { readConfig } from './config.ts';
import { SessionProvider } from './session/session.tsx';
import { openTokens } from './session/token.ts';

const container = document.getElementById('root');
if (!container) throw new Error('index.html has no element with the id "root".');
const root = createRoot(container);

try {
  const tokens = openTokens();
  const [config] = await Promise.all([readConfig(), tokens.requestFromOtherTabs()]);
  const onTokenRejected = () => tokens.clear('Your session has ended. Sign in again.');
  const client = createClient({ config, token: tokens.get, onTokenRejected });
  root.render(
    <StrictMode>
      <ApolloProvider client={client}>
        <SessionProvider config={config} tokens={tokens}>
          <App />
        </SessionProvider>
      </ApolloProvider>
    </StrictMode>,
  );
} catch (cause) {
  root.render(<Unreachable />);
  throw cause;
}
