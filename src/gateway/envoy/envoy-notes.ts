/** What Envoy does, for whoever configured it. */
export const envoyNotes = {
  buffered:
    "Envoy buffers bodies: an answer that is a stream comes whole at its end, so that sampling and elicitation of a server get no answer, and no body is longer than its buffer. FULL_DUPLEX_STREAMED has none of this.",
  observing:
    "Envoy only shows what passes (observability_mode), and takes no answer: plugins refuse and change nothing.",
  body_mode_unsupported:
    "Envoy streams bodies in a mode in which they cannot be judged, and the request was refused: set FULL_DUPLEX_STREAMED or BUFFERED.",
} as const;

export type EnvoyNote = keyof typeof envoyNotes;
