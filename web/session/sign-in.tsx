import { Link } from 'wouter';
import { Faces } from '../components/faces.tsx';
import { Field } from '../components/field.tsx';
import { Form } from '../components/form.tsx';
import { useTitle } from '../components/use-title.ts';
import { useSession } from './session.tsx';

export function SignIn() {
  const { config, notice } = useSession();
  useTitle('Sign in');
  return (
    <div className="door">
      <Welcome />
      <section className="card" aria-labelledby="sign-in">
        <h2 id="sign-in">Sign in</h2>
        {notice && (
          <p className="hint" role="status">
            {notice}
          </p>
        )}
        {config.signIn === 'password' ? <PasswordForm /> : <TokenForm />}
        {config.signIn === 'password' && config.signUp === 'open' && (
          <p className="other">
            New here? <Link href="/sign-up">Make an account</Link>
          </p>
        )}
      </section>
    </div>
  );
}

export const Welcome = () => (
  <div className="welcome">
    <Faces />
    <h1>Everybody, face to face.</h1>
    <p>
      Portrait keeps people and their photos: upright, square, in the right size for every screen,
      and without a trace of where they were taken.
    </p>
  </div>
);

function PasswordForm() {
  const { signIn } = useSession();
  return (
    <Form
      action="Sign in"
      doing="Signing in…"
      onSubmit={({ email = '', password = '' }) => signIn(email, password)}
    >
      {(problems) => (
        <>
          <Field
            label="E-mail address"
            name="email"
            type="email"
            autoComplete="username"
            required
            problem={problems.email}
          />
          <Field
            label="Password"
            name="password"
            type="password"
            autoComplete="current-password"
            required
            problem={problems.password}
          />
        </>
      )}
    </Form>
  );
}

/** Accounts of an outside identity provider have no password here; whoever holds its token may look around with it. */
function TokenForm() {
  const { adopt } = useSession();
  return (
    <Form
      action="Sign in"
      doing="Signing in…"
      onSubmit={async ({ token = '' }) => adopt(token.trim())}
    >
      {() => (
        <Field
          label="Access token"
          name="token"
          required
          autoComplete="off"
          spellCheck={false}
          hint="Your organisation's identity provider signs people in. Paste the access token it gave you."
        />
      )}
    </Form>
  );
}
