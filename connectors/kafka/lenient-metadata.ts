/** kafkajs' module that reads metadata. */
export interface MetadataResponse {
  readonly decode: unknown;
  readonly parse: (data: MetadataFields) => Promise<unknown>;
}

interface MetadataFields {
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly partitionMetadata: readonly { readonly partitionErrorCode: number }[];
  }[];
}

/**
 * kafkajs throws all metadata away when one replica of one partition of any topic is missing. Here an error counts when the one topic asked for has it; of many topics, those with an
 * error are left out; a partition without leader keeps leader -1.
 */
export function lenientMetadata({ decode, parse }: MetadataResponse): MetadataResponse {
  return {
    decode,
    parse: (data: MetadataFields) => {
      const topics = data.topicMetadata;
      const usable = topics.length === 1 ? topics : topics.filter(({ topicErrorCode }) => topicErrorCode === 0);
      const quiet = usable.map((topic) => ({
        ...topic,
        partitionMetadata: topic.partitionMetadata.map((partition) => ({ ...partition, partitionErrorCode: 0 })),
      }));
      return parse({ ...data, topicMetadata: quiet });
    },
  };
}
