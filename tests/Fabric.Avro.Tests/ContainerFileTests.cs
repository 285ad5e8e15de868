using System.Text.Json;
using Fabric.Testing;

namespace Fabric.Avro.Tests;

public sealed class ContainerFileTests
{
    private const int Sync = 16;

    [SkippableTheory]
    [InlineData("weather.avro")]
    [InlineData("weather-deflate.avro")]
    [InlineData("weather-sorted.avro")]
    public async Task Files_of_others_are_read(string file)
    {
        string folder = Folder();
        string[] expected = [.. File.ReadLines(Path.Combine(folder, "weather.json")).Select(line =>
        {
            JsonElement json = JsonDocument.Parse(line).RootElement;
            return $"{json.GetProperty("station")} {json.GetProperty("time")} {json.GetProperty("temp")}";
        })];

        List<object?> values = await ReadAsync(File.ReadAllBytes(Path.Combine(folder, file)));

        string[] actual = [.. values.Cast<GenericRecord>().Select(r => $"{r["station"]} {r["time"]} {r["temp"]}")];
        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
    }

    [SkippableTheory]
    [InlineData("syncInMeta.avro")]
    [InlineData("schemas/simple/data.avro")]
    [InlineData("schemas/withUnion/data.avro")]
    public async Task Files_of_others_survive_being_written_again(string file)
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(Folder(), file));
        using ContainerReader reader = await ContainerReader.OpenAsync(new MemoryStream(bytes));
        List<object?> values = await ReadAsync(bytes);
        Assert.NotEmpty(values);

        byte[] copy = await WriteAsync(reader.Schema, values, ContainerCodec.Null);

        Assert.Equal(
            values.Select(value => Convert.ToHexString(GenericCodec.Encode(reader.Schema, value))),
            (await ReadAsync(copy)).Select(value => Convert.ToHexString(GenericCodec.Encode(reader.Schema, value))));
    }

    [SkippableTheory]
    [InlineData("weather-snappy.avro", "snappy")]
    [InlineData("weather-zstd.avro", "zstandard")]
    public async Task Other_codecs_are_refused_by_name(string file, string codec)
    {
        using FileStream stream = File.OpenRead(Path.Combine(Folder(), file));

        var error = await Assert.ThrowsAsync<AvroException>(() => ContainerReader.OpenAsync(stream));

        Assert.Equal(AvroErrors.Codec, error.Code);
        Assert.Contains(codec, error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_file_of_another_version_is_refused()
    {
        using FileStream stream = File.OpenRead(Path.Combine(Folder(), "test.avro12"));

        Assert.Equal(AvroErrors.File, (await Assert.ThrowsAsync<AvroException>(() => ContainerReader.OpenAsync(stream))).Code);
    }

    [SkippableFact]
    public void The_single_object_of_the_specification_is_read()
    {
        string folder = Path.Combine(Folder(), "messageV1");
        Schema schema = Schema.Parse(File.ReadAllText(Path.Combine(folder, "test_schema.avsc")));
        byte[] message = File.ReadAllBytes(Path.Combine(folder, "test_message.bin"));

        FramingResult result = SingleObjectFraming.TryRead(message, out long fingerprint, out ReadOnlySpan<byte> body);
        var record = (GenericRecord)GenericCodec.Decode(schema, body)!;

        Assert.Equal(FramingResult.Ok, result);
        Assert.Equal(schema.Fingerprint, fingerprint);
        Assert.Equal(42L, record["id"]);
        Assert.Equal("Bill", record["name"]);
        Assert.Equal(["dog_lover", "cat_hater"], ((List<object?>)record["tags"]!).Cast<string>());
        using var buffer = new AvroBuffer();
        var writer = new AvroWriter(buffer);
        SingleObjectFraming.WriteHeader(ref writer, schema);
        GenericCodec.Write(ref writer, schema, record);
        writer.Flush();
        Assert.Equal(Convert.ToHexString(message), Convert.ToHexString(buffer.WrittenSpan));
    }

    [Theory]
    [InlineData(ContainerCodec.Null)]
    [InlineData(ContainerCodec.Deflate)]
    public async Task What_is_written_is_read_with_its_metadata(ContainerCodec codec)
    {
        object?[] values = [.. Enumerable.Range(0, 5_000).Select(i => (object?)$"value {i}")];

        byte[] file = await WriteAsync(Schema.Parse("\"string\""), values, codec);

        using ContainerReader reader = await ContainerReader.OpenAsync(new MemoryStream(file));
        Assert.Equal((codec, "me"), (reader.Codec, System.Text.Encoding.UTF8.GetString(reader.Metadata["who"])));
        Assert.Equal(values, await ReadAsync(file));
    }

    [Fact]
    public async Task A_file_cut_anywhere_gives_whole_blocks_or_an_error()
    {
        byte[] file = await WriteAsync(Schema.Parse("\"long\""), [.. Enumerable.Range(0, 300).Select(i => (object?)(long)i)], ContainerCodec.Deflate, 64);
        for (int length = 0; length < file.Length; length++)
        {
            Exception? error = await Record.ExceptionAsync(() => ReadAsync(file[..length]));
            Assert.True(error is null or AvroException { Code: AvroErrors.File }, $"{length}: {error}");
        }
    }

    [Fact]
    public async Task Resync_goes_on_behind_a_damaged_block()
    {
        byte[] file = await WriteAsync(Schema.Parse("\"long\""), [.. Enumerable.Range(0, 100).Select(i => (object?)(long)i)], ContainerCodec.Null, 20);
        int header = HeaderLength(file);
        file[header + 5] ^= 0x40;
        file[header] = 0x7f;

        using ContainerReader reader = await ContainerReader.OpenAsync(new MemoryStream(file));
        await Assert.ThrowsAsync<AvroException>(async () => await reader.ReadBlockAsync());
        Assert.True(await reader.ResyncAsync());
        long values = 0;
        while (await reader.ReadBlockAsync())
        {
            values += reader.BlockCount;
        }

        Assert.Equal(80, values);
        Assert.False(await reader.ResyncAsync());
    }

    [Fact]
    public async Task A_block_that_inflates_beyond_the_limit_is_refused()
    {
        byte[] file = await WriteAsync(Schema.Parse("\"string\""), [new string('a', 100_000)], ContainerCodec.Deflate);

        using ContainerReader reader = await ContainerReader.OpenAsync(new MemoryStream(file), blockBytesMax: 10_000);

        Assert.Equal(AvroErrors.File, (await Assert.ThrowsAsync<AvroException>(async () => await reader.ReadBlockAsync())).Code);
    }

    [Fact]
    public async Task A_value_that_does_not_fit_leaves_nothing_behind()
    {
        var stream = new MemoryStream();
        Schema schema = Schema.Parse("""{"type":"array","items":"long"}""");
        using var writer = new ContainerWriter(stream, schema, new Random(1));
        await writer.AppendAsync(new List<object?> { 1L });

        var error = await Assert.ThrowsAsync<AvroException>(async () => await writer.AppendAsync(new List<object?> { 2L, "x" }));
        await writer.FinishAsync();

        Assert.Equal((AvroErrors.Value, "[1]"), (error.Code, error.Path));
        Assert.Single(await ReadAsync(stream.ToArray()));
    }

    private static int HeaderLength(byte[] file)
    {
        // The sync marker stands at the end of the file and, first, at the end of the header.
        return file.AsSpan().IndexOf(file.AsSpan(file.Length - Sync)) + Sync;
    }

    private static async Task<byte[]> WriteAsync(
        Schema schema, IReadOnlyList<object?> values, ContainerCodec codec, int blockBytes = 4_096)
    {
        var stream = new MemoryStream();
        using var writer = new ContainerWriter(stream, schema, new Random(1), codec, blockBytes);
        writer.Metadata["who"] = "me"u8.ToArray();
        foreach (object? value in values)
        {
            await writer.AppendAsync(value);
        }

        await writer.FinishAsync();
        return stream.ToArray();
    }

    private static async Task<List<object?>> ReadAsync(byte[] file)
    {
        using ContainerReader reader = await ContainerReader.OpenAsync(new MemoryStream(file));
        var values = new List<object?>();
        await foreach (object? value in reader.ReadAllAsync())
        {
            values.Add(value);
        }

        return values;
    }

    private static string Folder()
    {
        Skip.If(TestData.Folder is null, TestData.Absent);
        return Path.Combine(TestData.Folder!, "avro");
    }
}
