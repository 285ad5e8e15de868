using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Fabric.Governance.Lineage;

/// <summary>
/// Writes run events as OpenLineage 2-0-2 JSON. Standard facets carry their published schema URLs; what the standard has no
/// facet for (offset ranges, file hashes) is in custom facets prefixed <c>fabric_</c>, as the standard asks. Pure.
/// </summary>
public static class OpenLineageJson
{
    private const string Producer = "urn:fabric:0.1";
    private const string EventSchema = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
    private const string Facets = "https://openlineage.io/spec/facets/";

    /// <summary>The event as one line of JSON.</summary>
    public static string Write(RunEvent runEvent)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("eventTime", runEvent.EventTime.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
            json.WriteString("producer", Producer);
            json.WriteString("schemaURL", EventSchema);
            json.WriteString("eventType", runEvent.Type.ToString().ToUpperInvariant());
            WriteRun(json, runEvent);
            WriteJob(json, runEvent.Job);
            WriteInputs(json, runEvent.Inputs);
            WriteOutputs(json, runEvent.Outputs);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteRun(Utf8JsonWriter json, RunEvent runEvent)
    {
        json.WriteStartObject("run");
        json.WriteString("runId", runEvent.RunId);
        json.WriteStartObject("facets");
        StartFacet(json, "processing_engine", "1-1-1/ProcessingEngineRunFacet.json#/$defs/ProcessingEngineRunFacet");
        json.WriteString("version", "0.1");
        json.WriteString("name", "Fabric");
        json.WriteEndObject();
        if (runEvent.Parent is { } parent)
        {
            StartFacet(json, "parent", "1-2-0/ParentRunFacet.json#/$defs/ParentRunFacet");
            json.WriteStartObject("run");
            json.WriteString("runId", parent.RunId);
            json.WriteEndObject();
            json.WriteStartObject("job");
            json.WriteString("namespace", parent.JobNamespace);
            json.WriteString("name", parent.JobName);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        if (runEvent.Error is { } error)
        {
            StartFacet(json, "errorMessage", "1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet");
            json.WriteString("message", error);
            json.WriteString("programmingLanguage", "C#");
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteJob(Utf8JsonWriter json, LineageJob job)
    {
        json.WriteStartObject("job");
        json.WriteString("namespace", job.Namespace);
        json.WriteString("name", job.Name);
        json.WriteStartObject("facets");
        StartFacet(json, "jobType", "2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet");
        json.WriteString("processingType", "STREAMING");
        json.WriteString("integration", "FABRIC");
        json.WriteString("jobType", job.JobType);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteInputs(Utf8JsonWriter json, IReadOnlyList<InputDataset> inputs)
    {
        json.WriteStartArray("inputs");
        foreach (InputDataset input in inputs)
        {
            json.WriteStartObject();
            json.WriteString("namespace", input.Namespace);
            json.WriteString("name", input.Name);
            if (input.Offsets.Count > 0)
            {
                json.WriteStartObject("inputFacets");
                StartCustomFacet(json, "fabric_offsetRanges", "OffsetRangesInputDatasetFacet");
                json.WriteStartArray("ranges");
                foreach (OffsetRange range in input.Offsets)
                {
                    json.WriteStartObject();
                    json.WriteNumber("partition", range.Partition);
                    json.WriteNumber("firstOffset", range.FirstOffset);
                    json.WriteNumber("lastOffset", range.LastOffset);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteOutputs(Utf8JsonWriter json, IReadOnlyList<OutputDataset> outputs)
    {
        json.WriteStartArray("outputs");
        foreach (OutputDataset output in outputs)
        {
            json.WriteStartObject();
            json.WriteString("namespace", output.Namespace);
            json.WriteString("name", output.Name);
            WriteOutputFacets(json, output);
            if (output.Statistics is { } statistics)
            {
                json.WriteStartObject("outputFacets");
                StartFacet(
                    json, "outputStatistics",
                    "1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet");
                json.WriteNumber("rowCount", statistics.Rows);
                json.WriteNumber("size", statistics.Bytes);
                json.WriteNumber("fileCount", statistics.Files);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteOutputFacets(Utf8JsonWriter json, OutputDataset output)
    {
        json.WriteStartObject("facets");
        if (output.Version is { } version)
        {
            StartFacet(json, "version", "1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet");
            json.WriteString("datasetVersion", version);
            json.WriteEndObject();
            StartFacet(json, "storage", "1-0-1/StorageDatasetFacet.json#/$defs/StorageDatasetFacet");
            json.WriteString("storageLayer", "delta");
            json.WriteString("fileFormat", "parquet");
            json.WriteEndObject();
        }

        if (output.Fields.Count > 0)
        {
            StartFacet(json, "schema", "1-2-0/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet");
            json.WriteStartArray("fields");
            foreach (DatasetField field in output.Fields)
            {
                json.WriteStartObject();
                json.WriteString("name", field.Name);
                json.WriteString("type", field.Type);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        if (output.Files.Count > 0)
        {
            StartCustomFacet(json, "fabric_files", "FilesDatasetFacet");
            json.WriteStartArray("files");
            foreach (WrittenFile file in output.Files)
            {
                json.WriteStartObject();
                json.WriteString("path", file.Path);
                json.WriteString("sha256", file.Sha256);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void StartFacet(Utf8JsonWriter json, string name, string schema)
    {
        json.WriteStartObject(name);
        json.WriteString("_producer", Producer);
        json.WriteString("_schemaURL", Facets + schema);
    }

    private static void StartCustomFacet(Utf8JsonWriter json, string name, string schema)
    {
        json.WriteStartObject(name);
        json.WriteString("_producer", Producer);
        json.WriteString("_schemaURL", $"urn:fabric:lineage:{schema}:1");
    }
}
