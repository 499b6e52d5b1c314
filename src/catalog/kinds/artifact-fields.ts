/** What the contract knows of an item, whatever its kind. */
export const ARTIFACT_FIELDS = [
  'id',
  'name',
  'version',
  'framework',
  'is_public',
  'download_count',
  'origin',
  'created_at',
] as const;
