using Fabric.Core.Storage;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Kafka.Bench;

/// <summary>
/// Goal 3e: producing one batch with acks=all, which is answered after an fsync, one at a time over a bare socket, against
/// appending the same bytes to a file beside it and calling fdatasync, which runs on the core of the broker that it stands for.
/// </summary>
internal static class DurableAppend
{
    private const int Times = 200;
    private const string Topic = "bench";

    public static int Run(string[] args)
    {
        int[] sizes = args.Length > 0 ? [.. args.Select(int.Parse)] : [4 << 10, 64 << 10, 1_000_000];
        using ChildProcess broker = ChildProcess.Broker();
        foreach (int size in sizes)
        {
            Compare(size, broker);
        }

        return 0;
    }

    private static void Compare(int size, ChildProcess broker)
    {
        var comparison = new Comparison($"3e produce, acks=all, {size} B batch", "us", "<= 1.3");
        byte[] batch = RawClient.Batch(size);
        byte[] frame = RawClient.ProduceFrame(Topic, batch, acks: -1);
        string path = Path.GetTempFileName();
        using var client = new RawClient(broker.Address);
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        long length = 0;
        client.CreateTopic(Topic, 1);
        Comparison.Interleave((_, counts) =>
        {
            double ours = Latency.MedianMicroseconds(Times, () => client.Append(frame, Topic));
            Cores.StayOn(Cores.Server);
            double floor = Latency.MedianMicroseconds(Times, () =>
            {
                RandomAccess.Write(file, batch, length);
                DurableFile.SyncData(file, path);
                length += batch.Length;
            });
            Cores.StayOn(Cores.Client);
            if (counts)
            {
                comparison.Add(ours, floor);
            }
        });
        client.DeleteTopic(Topic);
        comparison.Print();
    }
}
