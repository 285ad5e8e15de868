using Fabric.Avro;

namespace Fabric.Schemas.Tests;

public sealed class ObservationCodecTests
{
    [Fact]
    public void Write_then_read_gives_every_field_back()
    {
        Observation written = Samples.Observation();

        Observation read = AvroRecord.Decode<Observation>(AvroRecord.Encode(written));

        Samples.AssertEqual(written, read);
    }

    [Fact]
    public void Bytes_of_a_small_observation_are_those_of_the_specification()
    {
        var observation = new Observation { Node = "n", Source = "s", Device = "d", Epoch = 1, Sequence = -1 };
        observation.Samples.Add(new Sample { Point = "p", Value = true, Type = "t", ObservedAtMicros = 64, Unit = "V" });

        byte[] bytes = AvroRecord.Encode(observation);

        // node, source, device: length 1 and the letter; epoch 1, sequence -1; receivedAt 0; delivery LIVE;
        // samples: 1 item: point, union 1 = boolean true, type, 64 as a two-byte varint, DEVICE, GOOD, null, union 1 = "V";
        // end of samples; end of attributes
        Assert.Equal("026E027302640201000002027002010274800100000002025600" + "00", Convert.ToHexString(bytes));
    }

    [Fact]
    public void ReadFrom_again_reuses_records_and_overwrites_everything()
    {
        var decoder = new AvroDecoder<Observation>(_ => Observation.Schema);
        Observation big = Samples.Observation();
        var small = new Observation { Device = "other" };
        var into = new Observation();

        decoder.Decode(1, AvroRecord.Encode(big), into);
        Sample first = into.Samples[0];
        decoder.Decode(1, AvroRecord.Encode(small), into);

        Samples.AssertEqual(small, into);
        decoder.Decode(1, AvroRecord.Encode(big), into);
        Samples.AssertEqual(big, into);
        Assert.Same(first, into.Samples[0]);
    }

    [Fact]
    public void Decode_of_repeated_records_allocates_nothing()
    {
        var decoder = new AvroDecoder<Observation>(_ => Observation.Schema);
        Observation observation = Samples.Observation(withBytes: false);
        byte[] body = AvroRecord.Encode(observation);
        var into = new Observation();
        for (int i = 0; i < 100; i++)
        {
            decoder.Decode(1, body, into);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            decoder.Decode(1, body, into);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Encode_into_a_buffer_allocates_nothing()
    {
        Observation observation = Samples.Observation();
        using var buffer = new AvroBuffer(4096);
        AvroRecord.EncodeFramed(observation, 7, buffer);
        buffer.Clear();

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            AvroRecord.EncodeFramed(observation, 7, buffer);
            buffer.Clear();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Decode_cut_at_every_byte_throws_truncated_or_length_with_a_path()
    {
        byte[] body = AvroRecord.Encode(Samples.Observation());
        for (int length = 0; length < body.Length; length++)
        {
            var error = Assert.Throws<AvroException>(() => AvroRecord.Decode<Observation>(body.AsSpan(0, length)));
            Assert.Contains(error.Code, new[] { AvroErrors.Truncated, AvroErrors.Length, AvroErrors.BlockCount });
            Assert.NotEqual("", error.Path);
        }
    }

    [Fact]
    public void Decode_of_a_bad_enum_in_the_second_sample_names_the_path()
    {
        var observation = new Observation();
        observation.Samples.Add(new Sample { Point = "a" });
        observation.Samples.Add(new Sample { Point = "b", Quality = (Quality)9 });

        var error = Assert.Throws<AvroException>(
            () => AvroRecord.Decode<Observation>(AvroRecord.Encode(observation)));

        Assert.Equal((AvroErrors.EnumIndex, "samples[1].quality"), (error.Code, error.Path));
    }

    [Fact]
    public void Decode_of_trailing_bytes_is_refused()
    {
        byte[] body = [.. AvroRecord.Encode(Samples.Observation()), 0];

        Assert.Equal(AvroErrors.Trailing, Assert.Throws<AvroException>(() => AvroRecord.Decode<Observation>(body)).Code);
    }
}
