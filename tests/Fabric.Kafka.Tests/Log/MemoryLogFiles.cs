using Fabric.Kafka.Log;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Kafka.Tests.Log;

internal enum FileOperation
{
    Create,
    Write,
    SetLength,
    Flush,
    Delete,
    Replace,
    FlushFolder,
}

/// <summary>
/// A disk in memory that knows what is durable and what only stands in the page cache. It can be cut off before any operation (the
/// process is killed: the cache stays; the power goes: any part of what was not flushed is lost, by sectors and names), and it can
/// fail operations: a failed write writes a part; after a failed flush the cache looks clean and is not.
/// </summary>
internal sealed class MemoryLogFiles : ILogFiles
{
    private const int SectorBytes = 512;

    private readonly Dictionary<string, Inode> _names = [];
    private readonly Dictionary<string, Inode> _durableNames = [];
    private readonly List<NameChange> _pendingNames = [];

    /// <summary>Called before every operation that changes something.</summary>
    public Action<FileOperation, string>? Before { get; set; }

    /// <summary>Whether an operation fails.</summary>
    public Func<FileOperation, string, bool>? Fails { get; set; }

    /// <summary>Bytes that fit; writing more fails as a full disk does.</summary>
    public long CapacityBytes { get; set; } = long.MaxValue;

    /// <summary>How much of a failing write is done, 0 to 1.</summary>
    public double WrittenShare { get; set; } = 0.5;

    public IEnumerable<string> Paths => _names.Keys.Order();

    public byte[] this[string path]
    {
        get => _names[path].Current.ToArray();
        set
        {
            if (!_names.TryGetValue(path, out Inode? inode))
            {
                _names[path] = _durableNames[path] = inode = new Inode();
            }

            inode.Pending.Clear();
            inode.Current = inode.Durable = value.ToList();
        }
    }

    /// <summary>What another process finds after this one was killed.</summary>
    public MemoryLogFiles AfterKill()
    {
        var copy = new MemoryLogFiles();
        foreach ((string path, Inode inode) in _names)
        {
            copy._names[path] = copy._durableNames[path] = new Inode(inode.Current);
        }

        return copy;
    }

    /// <summary>What is found after a power cut that kept any part of what was not flushed.</summary>
    public MemoryLogFiles AfterPowerCut(Random random)
    {
        var names = new Dictionary<string, Inode>(_durableNames);
        double keep = random.Next(4) switch { 0 => 0, 1 => 1, _ => random.NextDouble() };
        foreach (NameChange change in _pendingNames)
        {
            if (random.NextDouble() < keep)
            {
                change.ApplyTo(names);
            }
        }

        var copy = new MemoryLogFiles();
        foreach ((string path, Inode inode) in names)
        {
            copy._names[path] = copy._durableNames[path] = new Inode(inode.Torn(random, SectorBytes));
        }

        return copy;
    }

    public void CreateFolder(string path)
    {
    }

    public string[] List(string folder) => _names.Keys.ToArray();

    public bool Exists(string path) => _names.ContainsKey(path);

    public ILogFile Open(string path)
    {
        if (!_names.TryGetValue(path, out Inode? inode))
        {
            Begin(FileOperation.Create, path);
            inode = new Inode();
            Change(new NameChange(path, inode, null));
        }

        return new MemoryFile(this, path, inode);
    }

    public void Delete(string path)
    {
        if (_names.ContainsKey(path))
        {
            Begin(FileOperation.Delete, path);
            Change(new NameChange(path, null, null));
        }
    }

    public void Replace(string from, string to)
    {
        Begin(FileOperation.Replace, to);
        Change(new NameChange(to, _names[from], from));
    }

    public void FlushFolder(string path)
    {
        Begin(FileOperation.FlushFolder, path);
        _durableNames.Clear();
        foreach ((string name, Inode inode) in _names)
        {
            _durableNames[name] = inode;
        }

        _pendingNames.Clear();
    }

    private void Change(NameChange change)
    {
        change.ApplyTo(_names);
        _pendingNames.Add(change);
    }

    private void Begin(FileOperation operation, string path)
    {
        Before?.Invoke(operation, path);
        if (Fails?.Invoke(operation, path) == true)
        {
            throw new IOException($"Injected: {operation} of {Path.GetFileName(path)}");
        }
    }

    /// <summary>A name comes, goes (null), or is moved from another, in one step.</summary>
    private sealed record NameChange(string Name, Inode? Inode, string? From)
    {
        public void ApplyTo(Dictionary<string, Inode> names)
        {
            if (From is not null)
            {
                names.Remove(From);
            }

            if (Inode is null)
            {
                names.Remove(Name);
            }
            else
            {
                names[Name] = Inode;
            }
        }
    }

    private sealed class Inode
    {
        public Inode()
        {
        }

        public Inode(IEnumerable<byte> content)
        {
            Current = Durable = content.ToList();
        }

        public List<byte> Current { get; set; } = [];

        /// <summary>The same list as the current content until that changes.</summary>
        public List<byte> Durable { get; set; } = [];

        /// <summary>Writes, and length changes (null bytes), since the last flush.</summary>
        public List<(long Position, byte[]? Bytes)> Pending { get; } = [];

        public void Change(long position, byte[]? bytes)
        {
            if (ReferenceEquals(Current, Durable))
            {
                Current = Durable.ToList();
            }

            Apply(Current, position, bytes);
            Pending.Add((position, bytes));
        }

        public static void Apply(List<byte> content, long position, byte[]? bytes)
        {
            int end = (int)position + (bytes?.Length ?? 0);
            if (bytes is null && content.Count > end)
            {
                content.RemoveRange(end, content.Count - end);
            }

            while (content.Count < end)
            {
                content.Add(0);
            }

            for (int i = 0; i < (bytes?.Length ?? 0); i++)
            {
                content[(int)position + i] = bytes![i];
            }
        }

        public List<byte> Torn(Random random, int sectorBytes)
        {
            List<byte> content = Durable.ToList();
            double keep = random.Next(4) switch { 0 => 0, 1 => 1, _ => random.NextDouble() };
            foreach ((long position, byte[]? bytes) in Pending)
            {
                for (long at = position; bytes is not null && at < position + bytes.Length;)
                {
                    long end = Math.Min((at / sectorBytes + 1) * sectorBytes, position + bytes.Length);
                    if (random.NextDouble() < keep)
                    {
                        Apply(content, at, bytes[(int)(at - position)..(int)(end - position)]);
                    }

                    at = end;
                }

                if (bytes is null && random.NextDouble() < keep)
                {
                    Apply(content, position, null);
                }
            }

            return content;
        }
    }

    private sealed class MemoryFile(MemoryLogFiles disk, string path, Inode inode) : ILogFile
    {
        public SafeFileHandle Handle => throw new NotSupportedException("This disk is in memory");

        public long Length => inode.Current.Count;

        public int Read(long position, Span<byte> into)
        {
            Span<byte> content = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(inode.Current);
            if (position >= content.Length)
            {
                return 0;
            }

            content = content[(int)position..];
            content = content[..Math.Min(content.Length, into.Length)];
            content.CopyTo(into);
            return content.Length;
        }

        public void Write(long position, ReadOnlySpan<byte> bytes)
        {
            long used = disk._names.Values.Distinct().Sum(static other => (long)other.Current.Count);
            long room = disk.CapacityBytes - used + Math.Max(0, inode.Current.Count - position);
            disk.Before?.Invoke(FileOperation.Write, path);
            bool fails = disk.Fails?.Invoke(FileOperation.Write, path) == true;
            int written = fails ? (int)(bytes.Length * disk.WrittenShare) : (int)Math.Min(bytes.Length, Math.Max(0, room));
            byte[] part = bytes[..written].ToArray();
            inode.Change(position, part);
            if (fails || written < bytes.Length)
            {
                throw new IOException("Injected: no space left on device");
            }
        }

        public void SetLength(long length)
        {
            disk.Begin(FileOperation.SetLength, path);
            inode.Change(length, null);
        }

        public void Flush()
        {
            try
            {
                disk.Begin(FileOperation.Flush, path);
            }
            catch (IOException)
            {
                inode.Pending.Clear(); // the pages count as clean now, and never reach the disk
                throw;
            }

            foreach ((long position, byte[]? bytes) in inode.Pending)
            {
                Inode.Apply(inode.Durable, position, bytes);
            }

            inode.Pending.Clear();
        }

        public void Dispose()
        {
        }
    }
}
