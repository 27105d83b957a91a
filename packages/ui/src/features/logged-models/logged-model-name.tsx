import { modelName, useGetLoggedModel } from './queries.ts';

/** A model's name once it is known, its id until then. */
export function LoggedModelName({ modelId }: { readonly modelId: string }) {
  const { data } = useGetLoggedModel(modelId);
  return <>{data ? modelName(data.model) : modelId}</>;
}
