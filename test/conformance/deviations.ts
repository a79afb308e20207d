/**
 * Vectors from which this library deviates, each with its reason. `spec/vectors/README.md` shows
 * the same list. The tests fail if a listed case holds again.
 */
export const deviations: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  filter: {
    labels_sorted_by_code_point: "A label that is empty is refused (spec `envelope:label`).",
    labels_not_unicode_normalised: "A label that is not in NFC is refused (spec `envelope:label`).",
    invalid_subject_without_id:
      "A subject of the newer generation may lack its id (spec `envelope:lenient`).",
    invalid_subject_without_type:
      "A subject of the newer generation may lack its type (spec `envelope:lenient`).",
    invalid_history_non_object_entry:
      "The newer generation has strings in the history (spec `envelope:lenient`).",
  },
  merge: {
    labels_field_left_out_counts_as_removal:
      "Labels left out are untouched (spec `merge:left-out-untouched`).",
    random_003: "Labels left out are untouched (spec `merge:left-out-untouched`).",
    random_021: "Labels left out are untouched (spec `merge:left-out-untouched`).",
    random_086: "Labels left out are untouched (spec `merge:left-out-untouched`).",
    random_027:
      "A header added beside the same name in another case is refused (spec `merge:header-duplicate`).",
    random_073:
      "A header added beside the same name in another case is refused (spec `merge:header-duplicate`).",
  },
  message: {
    nested_prompt_results_20_deep:
      "A message is at most 64 containers deep (spec `message:depth`).",
    resource_blob_byte_list:
      "The newer wire form is read as well: a list of bytes (spec `message:blob`).",
  },
};
