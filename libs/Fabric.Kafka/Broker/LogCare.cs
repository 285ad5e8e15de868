using Fabric.Kafka.Broker.Topics;
using Fabric.Kafka.Protocol;

namespace Fabric.Kafka.Broker;

/// <summary>What keeps the disk from filling up: retention, compaction, and deleting when it is full all the same. Runs on the loop.</summary>
internal sealed class LogCare(ILogCompactor compactor, DiskReserve reserve)
{
    /// <summary>Removes what is too old or too much. A failing disk is logged by the log; the next look goes on.</summary>
    public static void ApplyRetention(LogState state, long nowMs)
    {
        if (!state.IsClosed)
        {
            state.Log.ApplyRetention(nowMs);
        }
    }

    /// <summary>Begins a compaction where it is worth one. As above, a failing disk does not end it for good.</summary>
    public void ConsiderCompaction(LogState state, long nowMs, Action<Action> post)
    {
        if (!state.IsClosed && state.Log.Config.IsCompacted)
        {
            compactor.Consider(state, nowMs, post);
        }
    }

    /// <summary>Holds the reserve, if there is room for it.</summary>
    public void KeepReserve() => reserve.TryTake();

    /// <summary>Raises the start of a log, giving up the reserve when the disk is full.</summary>
    public ErrorCode DeleteRecords(LogState state, long offset)
    {
        ErrorCode error = state.Log.DeleteRecordsBefore(offset);
        return error == ErrorCode.KafkaStorageError && reserve.TryGiveUp() ? state.Log.DeleteRecordsBefore(offset) : error;
    }

    /// <summary>Deletes something, giving up the reserve when the disk is full.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public void Delete(Action delete)
    {
        try
        {
            delete();
        }
        catch (IOException) when (reserve.TryGiveUp())
        {
            delete();
        }
    }
}
