import type { ReactNode } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { Waiting } from './components/loading.tsx';
import { Missing } from './components/not-found.tsx';
import { Notice } from './components/notice.tsx';
import { Shell } from './components/shell.tsx';
import { PhotoScreen } from './photo/photo-screen.tsx';
import { useSession } from './session/session.tsx';
import { SignIn } from './session/sign-in.tsx';
import { SignUp } from './session/sign-up.tsx';
import { Person } from './user/user.tsx';
import { People } from './users/user-list.tsx';

/** Which screen belongs to which address. */
export function App() {
  const { isOpening, problem } = useSession();
  return (
    <Shell>
      {problem && <Notice failure={problem} onRetry={() => location.reload()} />}
      {isOpening && <Waiting label="Signing you in" />}
      {!isOpening && !problem && <Screens />}
    </Shell>
  );
}

function Screens() {
  return (
    <Switch>
      <Route path="/sign-in">
        <ForVisitors>
          <SignIn />
        </ForVisitors>
      </Route>
      <Route path="/sign-up">
        <ForVisitors>
          <SignUp />
        </ForVisitors>
      </Route>
      <Route path="/">
        <ForMembers>
          <People />
        </ForMembers>
      </Route>
      <Route path="/people/:username/photo">
        {({ username }) => (
          <ForMembers>
            <PhotoScreen key={username} username={username} />
          </ForMembers>
        )}
      </Route>
      <Route path="/people/:username">
        {({ username }) => (
          <ForMembers>
            <Person key={username} username={username} />
          </ForMembers>
        )}
      </Route>
      <Route>
        <Missing title="There is no such page">The address may be mistyped, or old.</Missing>
      </Route>
    </Switch>
  );
}

/** People are shown to people with an account: everybody else signs in first, and comes back here. */
function ForMembers({ children }: { children: ReactNode }) {
  return useSession().viewer ? children : <SignIn />;
}

function ForVisitors({ children }: { children: ReactNode }) {
  return useSession().viewer ? <Redirect to="/" replace /> : children;
}
