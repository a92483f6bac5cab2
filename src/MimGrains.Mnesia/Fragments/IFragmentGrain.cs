using Orleans.Concurrency;

namespace MimGrains.Mnesia.Fragments;

/// <summary>One hash-slice of a persistent table: the only writer of its records. Its key is <c>table/number</c>.</summary>
[Alias("mimgrains.fragment")]
internal interface IFragmentGrain : IGrainWithStringKey
{
    /// <summary>Asks the fragment several things at once, see <see cref="FragmentHost"/>.</summary>
    /// <returns>An answer to each. For what waits for locks it is a ticket for <see cref="Await"/>: the others do not wait.</returns>
    [Alias("ask")]
    Task<FragmentReply[]> Ask(FragmentRequest[] requests);

    /// <summary>As <see cref="Ask"/>, of what has no answer: releases, acknowledgements, renewals. May be lost.</summary>
    [Alias("tell"), OneWay]
    Task Tell(FragmentRequest[] requests);

    /// <summary>Returns the answer to a call that waits for locks, once.</summary>
    [Alias("await")]
    Task<FragmentReply> Await(long ticket);

    /// <summary>Completes when the fragment answers, and what is stored of it is in the copies of all live silos.</summary>
    /// <returns>Whether that is so: false when it takes long, to be asked again.</returns>
    [Alias("load")]
    Task<bool> Load();

    /// <summary>The table is deleted: the activation ends, and completes when it has.</summary>
    [Alias("stop")]
    Task Stop();
}
