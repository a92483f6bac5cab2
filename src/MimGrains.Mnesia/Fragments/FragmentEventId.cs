namespace MimGrains.Mnesia.Fragments;

/// <summary>The events of fragments and transactions: 5200 to 5299, never used for anything else.</summary>
internal static class FragmentEventId
{
    public const int Opened = 5200;
    public const int Stopped = 5201;
    public const int NotAppended = 5202;
    public const int NotApplied = 5203;
    public const int NotOpened = 5204;
    public const int NotKept = 5205;
    public const int NotCompacted = 5207;
    public const int Waits = 5206;
    public const int HandedOver = 5208;
    public const int NotHandedOver = 5209;
    public const int InDoubt = 5210;
    public const int NotTold = 5211;
    public const int NotOpenedElsewhere = 5212;
    public const int Prepared = 5213;
    public const int NotPrepared = 5214;
}
