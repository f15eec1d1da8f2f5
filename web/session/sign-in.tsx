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
    <div className="auth">
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
            New here? <Link href="/sign-up">Create an account</Link>
          </p>
        )}
      </section>
    </div>
  );
}

export const Welcome = () => (
  <div className="welcome">
    <Faces />
    <h1>A face for every name.</h1>
    <p>
      Portrait stores profiles and their photos: upright, square, sized for every screen, and free
      of location data.
    </p>
  </div>
);

function PasswordForm() {
  const { signIn } = useSession();
  return (
    <Form
      action="Sign in"
      busyLabel="Signing in…"
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

/** With an outside identity provider there are no passwords here: a user signs in with its access token. */
function TokenForm() {
  const { signInWithToken } = useSession();
  return (
    <Form
      action="Sign in"
      busyLabel="Signing in…"
      onSubmit={async ({ token = '' }) => signInWithToken(token.trim())}
    >
      {() => (
        <Field
          label="Access token"
          name="token"
          required
          autoComplete="off"
          spellCheck={false}
          hint="Paste the access token that your organization's identity provider issued to you."
        />
      )}
    </Form>
  );
}
