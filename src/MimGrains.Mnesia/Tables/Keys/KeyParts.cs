using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace MimGrains.Mnesia.Tables.Keys;

/// <summary>Makes the part for a type.</summary>
internal static class KeyParts
{
    private const ulong SignBit = 1UL << 63;

    private static readonly Dictionary<Type, object> Simple = new object[]
    {
        new NumberPart<bool>(1, value => value ? 1UL : 0UL, number => number != 0),
        new NumberPart<byte>(1, value => value, number => (byte)number),
        new NumberPart<sbyte>(1, value => (byte)(value ^ sbyte.MinValue), number => (sbyte)((byte)number ^ 0x80)),
        new NumberPart<short>(2, value => (ushort)(value ^ short.MinValue), number => (short)((ushort)number ^ 0x8000)),
        new NumberPart<ushort>(2, value => value, number => (ushort)number),
        new NumberPart<char>(2, value => value, number => (char)number),
        new NumberPart<int>(4, value => (uint)(value ^ int.MinValue), number => (int)((uint)number ^ 0x8000_0000)),
        new NumberPart<uint>(4, value => value, number => (uint)number),
        new NumberPart<long>(8, value => (ulong)value ^ SignBit, number => (long)(number ^ SignBit)),
        new NumberPart<ulong>(8, value => value, number => number),
        new NumberPart<TimeSpan>(8, value => (ulong)value.Ticks ^ SignBit, number => new TimeSpan((long)(number ^ SignBit))),
        new NumberPart<TimeOnly>(8, value => (ulong)value.Ticks, number => new TimeOnly((long)number)),
        new NumberPart<DateOnly>(4, value => (uint)value.DayNumber, number => DateOnly.FromDayNumber((int)number)),

        // What is equal has equal bytes: the kind of a time, and the zone of one, do not count for equality.
        new NumberPart<DateTime>(8, value => (ulong)value.Ticks, number => new DateTime((long)number)),
        new NumberPart<DateTimeOffset>(8, value => (ulong)value.UtcTicks, number => new DateTimeOffset((long)number, TimeSpan.Zero)),
        new StringPart(),
        new GuidPart(),
    }.ToDictionary(part => part.GetType().BaseType!.GetGenericArguments()[0]);

    /// <exception cref="NotSupportedException">Keys of this type need a codec of their own; says why.</exception>
    public static KeyPart<T> Of<T>() => (KeyPart<T>)Of(typeof(T), isNullable: false);

    private static object Of(Type type, bool isNullable)
    {
        if (Nullable.GetUnderlyingType(type) is { } there)
        {
            return Make(typeof(NullablePart<>), there, Of(there, isNullable: false));
        }

        var part = Simple.GetValueOrDefault(type) ?? (type.IsEnum ? Call(nameof(OfEnum), type) : Call(nameof(OfFields), type));
        return isNullable && !type.IsValueType ? Make(typeof(ReferencePart<>), type, part) : part;
    }

    private static NumberPart<T> OfEnum<T>()
        where T : struct, Enum
    {
        var size = Unsafe.SizeOf<T>();
        var isSigned = Type.GetTypeCode(typeof(T)) is TypeCode.SByte or TypeCode.Int16 or TypeCode.Int32 or TypeCode.Int64;
        var sign = isSigned ? 1UL << ((size * 8) - 1) : 0;
        return new NumberPart<T>(size, value => Raw(value, size) ^ sign, number => FromRaw<T>(number ^ sign, size));
    }

    private static ulong Raw<T>(T value, int size) => size switch
    {
        1 => Unsafe.As<T, byte>(ref value),
        2 => Unsafe.As<T, ushort>(ref value),
        4 => Unsafe.As<T, uint>(ref value),
        _ => Unsafe.As<T, ulong>(ref value),
    };

    private static T FromRaw<T>(ulong number, int size)
    {
        var (one, two, four) = ((byte)number, (ushort)number, (uint)number);
        return size switch
        {
            1 => Unsafe.As<byte, T>(ref one),
            2 => Unsafe.As<ushort, T>(ref two),
            4 => Unsafe.As<uint, T>(ref four),
            _ => Unsafe.As<ulong, T>(ref number),
        };
    }

    private static FieldsPart<T> OfFields<T>()
    {
        var type = typeof(T);
        var constructors = type.GetConstructors().Where(constructor => IsWhole(type, constructor)).ToList();
        if (type.IsAbstract || type.IsPrimitive || constructors.Count != 1)
        {
            throw new NotSupportedException(
                $"{type} is no number, text, date or time, and has no public constructor that takes all that it holds, each under the " +
                "name and with the type of a public property or field.");
        }

        var constructor = constructors[0];
        var parts = constructor.GetParameters().Select(parameter => Of(parameter.ParameterType, isNullable: true)).ToArray();
        var fields = constructor.GetParameters()
            .Select((parameter, at) => (Field<T>)Call(nameof(FieldOf), type, parameter.ParameterType, MemberOf(type, parameter)!, parts[at]))
            .ToArray();

        // One expression that reads all: no part goes through an object.
        var reader = Expression.Parameter(typeof(KeyReader));
        var made = Expression.New(constructor, constructor.GetParameters().Select((parameter, at) => Expression.Call(
            Expression.Constant(parts[at], typeof(KeyPart<>).MakeGenericType(parameter.ParameterType)), nameof(KeyPart<T>.Read), null, reader)));
        return new FieldsPart<T>(fields, Expression.Lambda<Func<KeyReader, T>>(made, reader).Compile());
    }

    private static Field<T> FieldOf<T, TField>(MemberInfo member, KeyPart<TField> part)
    {
        var owner = Expression.Parameter(typeof(T));
        var get = Expression.Lambda<Func<T, TField>>(Expression.MakeMemberAccess(owner, member), owner).Compile();
        return new Field<T, TField>(get, part);
    }

    // All that an object holds comes from the constructor: whatever its equality looks at is in the bytes.
    private static bool IsWhole(Type type, ConstructorInfo constructor)
    {
        const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        var held = 0;
        for (var level = type; level is not null && level != typeof(object) && level != typeof(ValueType); level = level.BaseType)
        {
            held += level.GetFields(Own).Length;
        }

        var parameters = constructor.GetParameters();
        return parameters.Length > 0 && parameters.Length == held && parameters.All(parameter => MemberOf(type, parameter) is not null);
    }

    private static MemberInfo? MemberOf(Type type, ParameterInfo parameter) =>
        type.GetMembers(BindingFlags.Instance | BindingFlags.Public).FirstOrDefault(member =>
            string.Equals(member.Name, parameter.Name, StringComparison.OrdinalIgnoreCase)
            && (member as PropertyInfo)?.PropertyType is { } of ? of == parameter.ParameterType
                : string.Equals(member.Name, parameter.Name, StringComparison.OrdinalIgnoreCase)
                    && (member as FieldInfo)?.FieldType == parameter.ParameterType);

    private static object Make(Type open, Type argument, object part) => Activator.CreateInstance(open.MakeGenericType(argument), part)!;

    private static object Call(string method, Type argument) => Invoke(method, [argument], []);

    private static object Call(string method, Type first, Type second, MemberInfo member, object part) =>
        Invoke(method, [first, second], [member, part]);

    private static object Invoke(string method, Type[] types, object[] arguments)
    {
        var generic = typeof(KeyParts).GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic)!;
        return generic.MakeGenericMethod(types).Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
    }
}
