namespace Fabric.Avro.Tests;

/// <summary>Damages a body the way bodies are damaged: at one to three places, mostly lightly.</summary>
internal static class ByteMutation
{
    private static readonly byte[] HugeVarint = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    private static readonly byte[] EndlessVarint = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

    public static byte[] Mutate(byte[] body, byte[] other, Random random)
    {
        var bytes = new List<byte>(body);
        for (int n = random.Next(1, 4); n > 0; n--)
        {
            int at = random.Next(bytes.Count + 1);
            int rest = bytes.Count - at;
            switch (random.Next(9))
            {
                case 0 when rest > 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when rest > 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                case 3 when rest > 0:
                    bytes.RemoveAt(at);
                    break;
                case 4:
                    bytes.RemoveRange(at, rest);
                    break;
                case 5:
                    bytes.InsertRange(at, random.Next(2) == 0 ? HugeVarint : EndlessVarint);
                    break;
                case 6 when rest > 0:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(rest, random.Next(1, 12))));
                    break;
                case 7 when other.Length > 0:
                    int from = random.Next(other.Length);
                    bytes.RemoveRange(at, rest);
                    bytes.AddRange(other.AsSpan(from));
                    break;
                default:
                    if (rest > 0)
                    {
                        bytes[at] = (byte)(bytes[at] + (random.Next(2) == 0 ? 2 : -2));
                    }

                    break;
            }
        }

        return [.. bytes];
    }
}
