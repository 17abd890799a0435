import type { InputHTMLAttributes } from 'preact';
import { useId } from 'preact/hooks';

/** A labelled input. */
export const Field = ({
  label,
  hint,
  ...input
}: InputHTMLAttributes<HTMLInputElement> & { label: string; hint?: string }) => {
  const id = useId();
  return (
    <p class="field">
      <label for={id}>{label}</label>
      <input id={id} {...input} aria-describedby={hint === undefined ? undefined : `${id}-hint`} />
      {hint !== undefined && (
        <small id={`${id}-hint`} class="hint">
          {hint}
        </small>
      )}
    </p>
  );
};

/** The fields of a form that was submitted, as text, trimmed; passwords as they are. */
export const fieldsOf = (event: SubmitEvent): Record<string, string> => {
  event.preventDefault();
  if (!(event.currentTarget instanceof HTMLFormElement)) return {};
  const fields = Object.fromEntries(new FormData(event.currentTarget));
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const text = typeof value === 'string' ? value : '';
      return [name, /pass/.test(name) ? text : text.trim()];
    }),
  );
};
