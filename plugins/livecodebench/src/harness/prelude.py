# What programs may use without importing it: the public names of these modules, and the modules.
#
# Loading them all takes longer than most tests, so those below are only loaded where a word of the
# program, in whatever place, is one of their names. The others are built in, or loaded with the
# interpreter.
STARS = ("string re datetime collections heapq bisect copy math random statistics itertools functools operator "
         "io sys json builtins typing").split()
MODULES = [name for name in STARS if name not in ("builtins", "typing")]

PUBLIC = {
    "collections":
        "ChainMap Counter OrderedDict UserDict UserList UserString abc defaultdict deque namedtuple",
    "functools":
        "Placeholder WRAPPER_ASSIGNMENTS WRAPPER_UPDATES cache cached_property cmp_to_key lru_cache "
        "partial partialmethod reduce singledispatch singledispatchmethod total_ordering "
        "update_wrapper wraps",
    "copy":
        "Error copy deepcopy replace",
    "heapq":
        "heapify heapify_max heappop heappop_max heappush heappush_max heappushpop heappushpop_max "
        "heapreplace heapreplace_max merge nlargest nsmallest",
    "bisect":
        "bisect bisect_left bisect_right insort insort_left insort_right",
    "string":
        "Formatter Template ascii_letters ascii_lowercase ascii_uppercase capwords digits hexdigits "
        "octdigits printable punctuation whitespace",
    "re":
        "A ASCII DOTALL I IGNORECASE L LOCALE M MULTILINE Match NOFLAG Pattern PatternError RegexFlag "
        "S U UNICODE VERBOSE X compile error escape findall finditer fullmatch match prefixmatch "
        "purge search split sub subn template",
    "datetime":
        "MAXYEAR MINYEAR UTC date datetime time timedelta timezone tzinfo",
    "random":
        "Random SystemRandom betavariate binomialvariate choice choices expovariate gammavariate "
        "gauss getrandbits getstate lognormvariate normalvariate paretovariate randbytes randint "
        "random randrange sample seed setstate shuffle triangular uniform vonmisesvariate "
        "weibullvariate",
    "statistics":
        "NormalDist StatisticsError correlation covariance fmean geometric_mean harmonic_mean kde "
        "kde_random linear_regression mean median median_grouped median_high median_low mode "
        "multimode pstdev pvariance quantiles stdev variance",
    "json":
        "JSONDecodeError JSONDecoder JSONEncoder dump dumps load loads",
    "typing":
        "AbstractSet Annotated Any AnyStr AsyncContextManager AsyncGenerator AsyncIterable "
        "AsyncIterator Awaitable BinaryIO ByteString Callable ChainMap ClassVar Collection "
        "Concatenate Container ContextManager Coroutine Counter DefaultDict Deque Dict Final "
        "ForwardRef FrozenSet Generator Generic Hashable IO ItemsView Iterable Iterator KeysView List "
        "Literal LiteralString Mapping MappingView Match MutableMapping MutableSequence MutableSet "
        "NamedTuple Never NewType NoDefault NoReturn NotRequired Optional OrderedDict ParamSpec "
        "ParamSpecArgs ParamSpecKwargs Pattern Protocol ReadOnly Required Reversible Self Sequence "
        "Set Sized SupportsAbs SupportsBytes SupportsComplex SupportsFloat SupportsIndex SupportsInt "
        "SupportsRound TYPE_CHECKING Text TextIO Tuple Type TypeAlias TypeAliasType TypeGuard TypeIs "
        "TypeVar TypeVarTuple TypedDict Union Unpack ValuesView assert_never assert_type cast "
        "clear_overloads dataclass_transform evaluate_forward_ref final get_args get_origin "
        "get_overloads get_protocol_members get_type_hints is_protocol is_typeddict no_type_check "
        "no_type_check_decorator overload override reveal_type runtime_checkable",
}


def prelude(source):
    # The statements that come before `source`.
    words = set("".join(c if c.isalnum() or c == "_" else " " for c in source).split())

    def is_used(name):
        return name not in PUBLIC or name in words or not words.isdisjoint(PUBLIC[name].split())

    lines = [f"from {name} import *" for name in STARS if is_used(name)]
    lines += [f"import {name}" for name in MODULES if is_used(name)]
    return "\n".join(lines + ["sys.setrecursionlimit(50000)", ""])
