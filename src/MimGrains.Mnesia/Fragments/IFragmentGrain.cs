using Orleans.Concurrency;

namespace MimGrains.Mnesia.Fragments;

/// <summary>One hash-slice of a persistent table: the only writer of its records. Its key is <c>table/number</c>.</summary>
[Alias("mimgrains.fragment")]
internal interface IFragmentGrain : IGrainWithStringKey
{
    /// <summary>Asks the fragment, see <see cref="FragmentHost"/>.</summary>
    [Alias("ask")]
    Task<FragmentReply> Ask(FragmentRequest request);

    /// <summary>Completes when the fragment answers, and what is stored of it is in the copies of all live silos.</summary>
    [Alias("load")]
    Task Load();

    /// <summary>The table is deleted: the activation ends, and completes when it has.</summary>
    [Alias("stop")]
    Task Stop();
}
