import type { ReactNode } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { Missing } from './parts/missing.tsx';
import { Notice } from './parts/notice.tsx';
import { Shell } from './parts/shell.tsx';
import { Waiting } from './parts/waiting.tsx';
import { People } from './people/people.tsx';
import { Person } from './person/person.tsx';
import { PhotoScreen } from './photo/screen.tsx';
import { useSession } from './session/session.tsx';
import { SignIn } from './session/sign-in.tsx';
import { SignUp } from './session/sign-up.tsx';

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
        <Missing title="Page not found">The address may be mistyped or outdated.</Missing>
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
