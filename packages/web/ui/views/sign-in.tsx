import { useSignal } from '@preact/signals';
import { chat } from '../state/chat.ts';
import { attempt } from '../state/notice.ts';
import { Field, fieldsOf } from './field.tsx';

/** Signing in, or making an account. */
export const SignIn = () => {
  const isNew = useSignal(false);
  const isBusy = useSignal(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    const { email = '', password = '', username = '', displayName = '' } = fieldsOf(event);
    isBusy.value = true;
    await attempt(() =>
      isNew.value
        ? chat.signUp({ email, password, username, ...(displayName === '' ? {} : { displayName }) })
        : chat.signIn({ email, password }),
    );
    isBusy.value = false;
  };
  return (
    <main class="sign-in">
      <h2>{isNew.value ? 'Create an account' : 'Sign in'}</h2>
      <form onSubmit={(event) => void submit(event)}>
        {isNew.value && (
          <>
            <Field
              label="Username"
              name="username"
              autocomplete="username"
              required
              minLength={3}
              maxLength={30}
              pattern="[A-Za-z0-9_]+"
              hint="3 to 30 letters, digits and _"
            />
            <Field label="Display name (optional)" name="displayName" autocomplete="name" maxLength={50} />
          </>
        )}
        <Field label="E-mail" name="email" type="email" autocomplete="email" required />
        <Field
          label="Password"
          name="password"
          type="password"
          autocomplete={isNew.value ? 'new-password' : 'current-password'}
          required
          {...(isNew.value ? { minLength: 8, hint: 'at least 8 characters' } : {})}
        />
        <button type="submit" disabled={isBusy.value}>
          {isNew.value ? 'Create account' : 'Sign in'}
        </button>
      </form>
      <p>
        {isNew.value ? 'You have one already?' : 'New here?'}{' '}
        <button type="button" class="link" onClick={() => (isNew.value = !isNew.value)}>
          {isNew.value ? 'Sign in instead' : 'Create an account'}
        </button>
      </p>
    </main>
  );
};
