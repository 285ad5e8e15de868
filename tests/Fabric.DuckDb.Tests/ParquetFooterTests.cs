using Fabric.Core.Columns;
using Fabric.DuckDb.Parquet;
using Fabric.Testing;
using Xunit.Abstractions;

namespace Fabric.DuckDb.Tests;

public class ParquetFooterTests(ITestOutputHelper output)
{
    private const int FuzzCount = 100_000;

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0x50, 0x41, 0x52, 0x31 })]
    [InlineData(new byte[] { 0x50, 0x41, 0x52, 0x31, 0, 0, 0, 0, 0x50, 0x41, 0x52, 0x31 })]
    [InlineData(new byte[] { 0x50, 0x41, 0x52, 0x31, 9, 0, 0, 0, 0x50, 0x41, 0x52, 0x31 })]
    [InlineData(new byte[] { 0x50, 0x41, 0x52, 0x31, 0xFF, 0xFF, 0xFF, 0xFF, 0x50, 0x41, 0x52, 0x31 })]
    [InlineData(new byte[] { 0x50, 0x41, 0x52, 0x31, 0, 1, 0, 0, 0, 0x50, 0x41, 0x52, 0x31 })]
    [InlineData(new byte[] { 0x50, 0x41, 0x52, 0x31, 0, 1, 0, 0, 0, 0x50, 0x41, 0x52, 0x45 })]
    public void Read_what_is_no_Parquet_file_throws_its_own_error(byte[] bytes)
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(folder["a"], bytes);

        var exception = Assert.Throws<DuckDbException>(() => ParquetFileInfo.Read(folder["a"]));

        Assert.Equal(DuckDbErrorCodes.ParquetMalformed, exception.Code);
        Assert.Equal(DuckDbErrorCodes.Io, Assert.Throws<DuckDbException>(() => ParquetFileInfo.Read(folder["b"])).Code);
    }

    [Fact]
    public void WriteStruct_gives_back_the_bytes_that_were_read()
    {
        byte[] footer = MakeFooter();
        var written = new System.Buffers.ArrayBufferWriter<byte>();

        ThriftWriter.WriteStruct(new ThriftReader(footer).ReadStruct(), written);

        Assert.Equal(footer, written.WrittenSpan.ToArray());
    }

    [Fact]
    public void Parse_cut_at_every_byte_throws_its_own_error()
    {
        byte[] footer = MakeFooter();

        for (int length = 0; length < footer.Length; length++)
        {
            var exception = Assert.Throws<DuckDbException>(
                () => ParquetFooter.Parse("cut", 1000, footer.AsSpan(0, length)).ToInfo());
            Assert.Equal(DuckDbErrorCodes.ParquetMalformed, exception.Code);
        }
    }

    [Fact]
    public void Parse_mutated_footers_only_its_own_error_comes_out()
    {
        int seed = Seed.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        byte[] footer = MakeFooter();
        var histogram = new SortedDictionary<string, int>();
        for (int i = 0; i < FuzzCount; i++)
        {
            string outcome = Outcome(i % 2 == 0 ? MutateTree(footer, random) : MutateBytes(footer, random));
            histogram[outcome] = histogram.GetValueOrDefault(outcome) + 1;
        }

        foreach ((string outcome, int count) in histogram)
        {
            output.WriteLine($"{count,7} {outcome}");
        }

        int decoded = FuzzCount - histogram.Where(pair => pair.Key.Contains("Thrift", StringComparison.Ordinal)).Sum(pair => pair.Value);
        output.WriteLine($"{decoded * 100L / FuzzCount} % were Thrift");
        Assert.True(decoded > FuzzCount * 3 / 10, $"seed {seed}: too few got past the encoding");
        Assert.True(histogram.Count > 5, $"seed {seed}: hardly any kind of damage was met");
    }

    private static string Outcome(byte[] footer)
    {
        try
        {
            ParquetFooter.Parse("fuzz", 1 << 20, footer).ToInfo();
            return "read";
        }
        catch (DuckDbException exception) when (exception.Code == DuckDbErrorCodes.ParquetMalformed)
        {
            // Numbers out, so that kinds of damage are counted and not their sizes.
            return new string([.. exception.Message.Where(c => !char.IsAsciiDigit(c))]);
        }
    }

    /// <summary>Changes one value somewhere in the tree and writes valid Thrift again.</summary>
    private static byte[] MutateTree(byte[] footer, Random random)
    {
        ThriftValue root = new ThriftReader(footer).ReadStruct();
        ThriftValue at = root;
        while (true)
        {
            bool isStruct = at.Fields.Count > 0;
            int count = isStruct ? at.Fields.Count : at.Items.Count;
            int index = random.Next(count);
            ThriftValue child = isStruct ? at.Fields[index].Value : at.Items[index];
            bool isLeaf = child.Fields.Count == 0 && child.Items.Count == 0;
            if (!isLeaf && random.Next(8) != 0)
            {
                at = child;
                continue;
            }

            if (!isStruct)
            {
                MutateList(at, index, random);
            }
            else if (random.Next(4) == 0)
            {
                at.Fields.RemoveAt(index);
            }
            else
            {
                at.Fields[index] = (at.Fields[index].Id, isLeaf ? MutateLeaf(child, random) : ThriftValue.Boolean(true));
            }

            var output = new System.Buffers.ArrayBufferWriter<byte>();
            ThriftWriter.WriteStruct(root, output);
            return output.WrittenSpan.ToArray();
        }
    }

    private static void MutateList(ThriftValue list, int index, Random random)
    {
        if (random.Next(2) == 0)
        {
            list.Items.RemoveAt(index);
        }
        else
        {
            list.Items.Insert(index, list.Items[random.Next(list.Items.Count)]);
        }
    }

    private static ThriftValue MutateLeaf(ThriftValue leaf, Random random)
    {
        byte[] bytes = new byte[random.Next(20)];
        random.NextBytes(bytes);
        long integer = random.Next(3) switch { 0 => random.NextInt64(), 1 => random.Next(-20, 40), _ => -leaf.Integer };
        return new ThriftValue(leaf.Type) { Bytes = bytes, Integer = integer, ItemType = leaf.ItemType };
    }

    private static byte[] MutateBytes(byte[] footer, Random random)
    {
        byte[] mutated = [.. footer];
        for (int edits = random.Next(1, 4); edits > 0; edits--)
        {
            int at = random.Next(mutated.Length);
            switch (random.Next(6))
            {
                case 0:
                    mutated[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    mutated[at] = (byte)random.Next(256);
                    break;
                case 2:
                    mutated = [.. mutated[..at], .. mutated[(at + 1)..]];
                    break;
                case 3:
                    mutated = [.. mutated[..at], (byte)random.Next(256), .. mutated[at..]];
                    break;
                case 4:
                    int length = Math.Min(random.Next(1, 9), mutated.Length - at);
                    random.NextBytes(mutated.AsSpan(at, length));
                    break;
                default:
                    int from = random.Next(mutated.Length);
                    int copied = Math.Min(random.Next(1, 30), mutated.Length - Math.Max(at, from));
                    mutated.AsSpan(from, copied).CopyTo(mutated.AsSpan(at));
                    break;
            }
        }

        return mutated;
    }

    private static byte[] MakeFooter()
    {
        using var folder = new TempFolder();
        using DuckDbDatabase database = DuckDbDatabase.Open();
        using var writer = new ParquetFileWriter(database, Sample.Fields);
        writer.Append(new Sample(20, (row, column) => (row + column) % 3 == 0).Batch);
        ParquetFileInfo info = writer.Finish(folder["a.parquet"]);
        byte[] file = File.ReadAllBytes(folder["a.parquet"]);
        return file[^(info.FooterBytes + 8)..^8];
    }
}
