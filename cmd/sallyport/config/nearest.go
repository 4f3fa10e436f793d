package config

import (
	"maps"
	"slices"
	"strings"
)

// nearestKey prefers the same name in another section to a resembling one
// beside it: a wrong indentation is as frequent as a typing error.
func nearestKey(path string, known map[string]any) string {
	prefix, name := "", path
	if dot := strings.LastIndex(path, "."); dot >= 0 {
		prefix, name = path[:dot+1], path[dot+1:]
	}
	all := slices.Sorted(maps.Keys(known))
	for _, candidate := range all {
		if strings.HasSuffix(candidate, "."+name) || candidate == name {
			return candidate
		}
	}
	return prefix + nearest(name, siblings(prefix, all))
}

func siblings(prefix string, all []string) []string {
	var names []string
	for _, path := range all {
		if rest, ok := strings.CutPrefix(path, prefix); ok {
			name, _, _ := strings.Cut(rest, ".")
			names = append(names, name)
		}
	}
	return slices.Compact(names)
}

func nearest(name string, candidates []string) string {
	return slices.MinFunc(candidates, func(a, b string) int { return distance(name, a) - distance(name, b) })
}

// distance is Levenshtein's: insertions, deletions and substitutions.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substituted := diagonal
			if a[i] != b[j] {
				substituted++
			}
			diagonal = row[j+1]
			row[j+1] = min(substituted, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
