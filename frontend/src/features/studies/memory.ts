/** Where the reader was in the list, for the way back from a study. */
export const listMemory: { offset: number; selected: string | null } = {
  offset: 0,
  selected: null,
};
