using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Fragments;

/// <inheritdoc/>
internal sealed class FragmentLoader(FragmentCaller caller) : IFragmentLoader
{
    public async Task LoadAsync(PersistentTableDefinition definition, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(Enumerable.Range(0, definition.Fragments)
                .Select(index => caller.LoadAsync(new FragmentId(definition.Name, index)))).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new PersistentTableUnavailableException(
                definition.Name, $"one of its {definition.Fragments} fragments cannot be opened: {exception.Message}", exception);
        }
    }
}
