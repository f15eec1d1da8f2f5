import type { ReactNode } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { Loading } from './components/loading.tsx';
import { NotFound } from './components/not-found.tsx';
import { Notice } from './components/notice.tsx';
import { Shell } from './components/shell.tsx';
import { PhotoScreen } from './photo/photo-screen.tsx';
import { useSession } from './session/session.tsx';
import { SignIn } from './session/sign-in.tsx';
import { SignUp } from './session/sign-up.tsx';
import { User } from './user/user.tsx';
import { UserList } from './users/user-list.tsx';

/** Maps addresses to screens. */
export function App() {
  const { isLoading, problem } = useSession();
  return (
    <Shell>
      {problem && <Notice failure={problem} onRetry={() => location.reload()} />}
      {isLoading && <Loading label="Signing you in" />}
      {!isLoading && !problem && <Screens />}
    </Shell>
  );
}

function Screens() {
  return (
    <Switch>
      <Route path="/sign-in">
        <SignedOutOnly>
          <SignIn />
        </SignedOutOnly>
      </Route>
      <Route path="/sign-up">
        <SignedOutOnly>
          <SignUp />
        </SignedOutOnly>
      </Route>
      <Route path="/">
        <SignedInOnly>
          <UserList />
        </SignedInOnly>
      </Route>
      <Route path="/people/:username/photo">
        {({ username }) => (
          <SignedInOnly>
            <PhotoScreen key={username} username={username} />
          </SignedInOnly>
        )}
      </Route>
      <Route path="/people/:username">
        {({ username }) => (
          <SignedInOnly>
            <User key={username} username={username} />
          </SignedInOnly>
        )}
      </Route>
      <Route>
        <NotFound title="Page not found">The address may be mistyped or outdated.</NotFound>
      </Route>
    </Switch>
  );
}

/** Shows the sign-in form in place of a screen, so that the user arrives there after signing in. */
function SignedInOnly({ children }: { children: ReactNode }) {
  return useSession().viewer ? children : <SignIn />;
}

function SignedOutOnly({ children }: { children: ReactNode }) {
  return useSession().viewer ? <Redirect to="/" replace /> : children;
}
