using Fabric.Core.Columns;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.Avro.Tests;

/// <summary>Damaged bodies, read as objects, through a resolution, and into columns: all say yes, or all say no.</summary>
public sealed class DataFuzzTests(ITestOutputHelper output)
{
    // Items of no bytes cost memory all the same, and only their number bounds it.
    private const int BytesMax = 512 * AvroLimits.EmptyItemsMax;
    private const int SchemaCount = 200;
    private const int BodiesPerSchema = 5;

    [Fact]
    public void Damaged_bodies_are_read_the_same_way_by_all_or_refused_with_a_code()
    {
        int seed = Seed.Next();
        output.WriteLine($"FABRIC_TEST_SEED={seed}");
        var random = new Random(seed);
        Subject[] subjects = [.. MakeSubjects(random)];
        var generic = new FuzzHistogram();
        var columns = new FuzzHistogram();
        for (int i = 0; i < FuzzHistogram.Inputs; i++)
        {
            Subject subject = subjects[random.Next(subjects.Length)];
            byte[] body = ByteMutation.Mutate(
                subject.Bodies[random.Next(BodiesPerSchema)], subject.Bodies[random.Next(BodiesPerSchema)], random);

            AvroException? refusal = generic.Measure(() => subject.DecodeGeneric(body));
            AvroException? columnRefusal = columns.Measure(() => subject.DecodeColumns(body));
            subject.DecodeEvolved(body);

            generic.Add(refusal?.Code, isPastHeader: refusal is null || refusal.Offset > 0);
            columns.Add(columnRefusal?.Code, isPastHeader: columnRefusal is null || columnRefusal.Offset > 0);
            bool depthOrRange = refusal?.Code == AvroErrors.Depth || columnRefusal?.Code is AvroErrors.Range or AvroErrors.Depth;
            Assert.True(depthOrRange || (refusal is null) == (columnRefusal is null),
                $"generic: {refusal?.Message ?? "read"}; columns: {columnRefusal?.Message ?? "read"}; "
                + $"{Convert.ToHexString(body)} by {subject.Schema}");
        }

        output.WriteLine("as objects");
        generic.Print(output);
        output.WriteLine("into columns");
        columns.Print(output);
        string[] codes =
        [
            AvroErrors.Truncated, AvroErrors.Varint, AvroErrors.Length, AvroErrors.BlockCount, AvroErrors.Boolean, AvroErrors.Utf8,
            AvroErrors.EnumIndex, AvroErrors.UnionIndex, AvroErrors.Trailing, AvroErrors.Depth,
        ];
        generic.AssertCovers(codes, BytesMax);

        // What is as deep as that has no columns, unless a schema drawn has a value that is rendered as text; what has columns has
        // times, which can be out of range, and 65,536 rows of no bytes have a place in every column.
        columns.AssertCovers(codes.Except([AvroErrors.Depth]).Append(AvroErrors.Range), 4 * BytesMax, rare: AvroErrors.Depth);
    }

    private static IEnumerable<Subject> MakeSubjects(Random random)
    {
        var source = new RandomSchemas(random);
        for (int i = 0; i < SchemaCount - 2; i++)
        {
            var json = source.NextRecord();
            Schema schema = Schema.Parse(json.ToJsonString());
            Schema evolved = Schema.Parse(SchemaEvolution.Evolve(json, random).ToJsonString());
            yield return new Subject(schema, evolved, [.. Enumerable.Range(0, BodiesPerSchema).Select(_ =>
                GenericCodec.Encode(schema, source.NextValue(schema)))]);
        }

        // A list that can be as deep as the limit, and millis that cannot be micros: rare by chance.
        Schema list = Schema.Parse("""{"type":"record","name":"L","fields":[{"name":"next","type":["null","L"]}]}""");
        yield return new Subject(list, list, [.. Enumerable.Range(0, BodiesPerSchema).Select(i =>
            (byte[])[.. Enumerable.Repeat((byte)2, 60 + (i * 2)), 0])]);
        Schema clock = Schema.Parse(
            """{"type":"record","name":"T","fields":[{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}}]}""");
        yield return new Subject(clock, clock, [.. Enumerable.Range(0, BodiesPerSchema).Select(_ =>
            GenericCodec.Encode(clock, new GenericRecord((RecordSchema)clock) { ["at"] = long.MaxValue / 1_000 }))]);
    }

    private sealed class Subject
    {
        private readonly ValuePlan _plan;
        private readonly ValuePlan _evolved;
        private readonly ColumnPlan _columnPlan;
        private readonly ColumnTarget _target;
        private readonly ColumnPlan _code;
        private readonly ColumnTarget _codeTarget;

        public Subject(Schema schema, Schema evolved, byte[][] bodies)
        {
            Schema = schema;
            Bodies = bodies;
            _plan = ValuePlan.Compile(schema, schema);
            _evolved = ValuePlan.Compile(schema, evolved);
            string? explode = ((RecordSchema)schema).Fields.FirstOrDefault(f => f.Type is ArraySchema)?.Name;
            ColumnMapping mapping = ColumnMapping.Infer(schema, explode, "$row");
            _columnPlan = ColumnPlan.Compile(schema, mapping);
            _columnPlan.StayInterpreted();
            _target = new ColumnTarget(mapping, new ColumnBatch([.. mapping.Fields]));
            _code = ColumnPlan.Compile(schema, mapping);
            _code.MakeCode();
            _codeTarget = new ColumnTarget(mapping, new ColumnBatch([.. mapping.Fields]));
        }

        public Schema Schema { get; }

        public byte[][] Bodies { get; }

        public AvroException? DecodeGeneric(byte[] body)
        {
            try
            {
                object? value = GenericCodec.Decode(_plan, body);
                byte[] again = GenericCodec.Encode(Schema, value);
                Assert.Equal(again, GenericCodec.Encode(Schema, GenericCodec.Decode(_plan, again)));
                return null;
            }
            catch (AvroException e)
            {
                return e;
            }
        }

        public void DecodeEvolved(byte[] body)
        {
            try
            {
                GenericCodec.Decode(_evolved, body);
            }
            catch (AvroException)
            {
                // Any code will do: what the reader skips is not looked at as closely.
            }
        }

        /// <summary>Step by step and as machine code: the same rows, or the same error at the same byte.</summary>
        public AvroException? DecodeColumns(byte[] body)
        {
            AvroException? error = DecodeColumns(_columnPlan, _target, body);
            AvroException? codeError = DecodeColumns(_code, _codeTarget, body);
            Assert.Equal((error?.Code, error?.Offset, error?.Path), (codeError?.Code, codeError?.Offset, codeError?.Path));
            if (error is null)
            {
                Assert.Equal(ColumnText.Rows(_target.Batch), ColumnText.Rows(_codeTarget.Batch));
            }

            _target.Batch.Clear();
            _codeTarget.Batch.Clear();
            return error;
        }

        private static AvroException? DecodeColumns(ColumnPlan plan, ColumnTarget target, byte[] body)
        {
            AvroException? error = null;
            int rows = 0;
            try
            {
                rows = plan.Decode(body, target);
            }
            catch (AvroException e)
            {
                error = e;
            }

            Assert.All(target.Batch.Columns, column => Assert.Equal(rows, column.Count));
            return error;
        }
    }
}
