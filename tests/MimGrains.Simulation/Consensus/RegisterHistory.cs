using MimGrains.Core.Consensus;

namespace MimGrains.Simulation.Consensus;

/// <summary>One operation of a user, from its call to its return.</summary>
/// <param name="Name">Unique in the run.</param>
/// <param name="IsChange">Whether it changes the register.</param>
/// <param name="KnownBefore">The latest revision that any operation had returned when this one was called.</param>
internal sealed record SimOperation(string Name, bool IsChange, long KnownBefore);

/// <summary>
/// Checks while a run goes on that its history is linearizable: that there is one order of all changes, in which every
/// operation
/// takes place between its call and its return.
/// </summary>
/// <remarks>
/// The content lists what was done, so the order is there to be seen: of any two values one must begin with the other.
/// An
/// operation has to return a value no older than every one that was returned before its call, and a change one with
/// itself in it.
/// </remarks>
internal sealed class RegisterHistory
{
    private readonly Dictionary<string, int> _numberOf = [];
    private RegisterValue? _latest;
    private SimContent _content = SimContent.Empty;

    public int Changes { get; private set; }

    public int Reads { get; private set; }

    public long LatestRevision => _latest?.Revision ?? 0;

    public Configuration? LatestConfiguration => _latest?.Configuration;

    public SimOperation Call(string name, bool isChange) => new(name, isChange, LatestRevision);

    public void Return(SimOperation operation, RegisterValue value, bool hasChanged)
    {
        var content = SimContent.Decode(value.Content);
        if (value.Revision < operation.KnownBefore)
        {
            throw new InvariantException(
                $"{operation.Name} returned revision {value.Revision}, but {operation.KnownBefore} was known before its call.");
        }

        See(value, content);
        if (operation.IsChange && hasChanged)
        {
            Changes++;
            if (!content.Done.Contains(operation.Name))
            {
                throw new InvariantException(
                    $"{operation.Name} was acknowledged, but is not in [{string.Join(' ', content.Done)}].");
            }
        }
        else
        {
            Reads++;
        }
    }

    private void See(RegisterValue value, SimContent content)
    {
        var (longer, shorter) = content.Done.Count >= _content.Done.Count ? (content, _content) : (_content, content);
        if (!longer.Done.Take(shorter.Done.Count).SequenceEqual(shorter.Done))
        {
            throw new InvariantException(
                $"Two histories: [{string.Join(' ', content.Done)}] of {value.Revision}, " +
                $"and [{string.Join(' ', _content.Done)}] of {LatestRevision}.");
        }

        if (content.Done.Distinct().Count() != content.Done.Count)
        {
            throw new InvariantException($"Something was done twice: [{string.Join(' ', content.Done)}].");
        }

        CheckTable(content);
        if (_latest is not null && value.Birth != _latest.Birth)
        {
            throw new InvariantException($"Two clusters were founded: {_latest.Birth} and {value.Birth}.");
        }

        var order = value.Revision.CompareTo(LatestRevision);
        var tables = content.Table.Version.CompareTo(_content.Table.Version);
        if (order * tables < 0 || (order == 0 && !content.Encode().AsSpan().SequenceEqual(_content.Encode())))
        {
            throw new InvariantException(
                $"Revision {value.Revision} has table version {content.Table.Version}, " +
                $"revision {LatestRevision} has {_content.Table.Version}.");
        }

        if (order > 0)
        {
            (_latest, _content) = (value, content);
        }
    }

    private void CheckTable(SimContent content)
    {
        foreach (var node in content.Table.Nodes)
        {
            if (_numberOf.TryGetValue(node.Name, out var number) && number != node.Number)
            {
                throw new InvariantException($"{node.Name} had number {number} and has {node.Number}.");
            }

            _numberOf[node.Name] = node.Number;
        }

        if (_numberOf.Values.Distinct().Count() != _numberOf.Count)
        {
            throw new InvariantException($"Two nodes have one number: {string.Join(' ', _numberOf)}.");
        }

        if (content.Table.Rows.Select(row => row.Silo).Distinct().Count() != content.Table.Rows.Count)
        {
            throw new InvariantException("Two rows of one silo.");
        }
    }
}
