package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sallyport/mfa/policy"
	"sallyport/storage/db"
	"sallyport/templates"
)

// versions is the history as the page shows it, each version with what it changed of the one before; connections are called by
// their names.
func versions(rows []db.ListPolicyVersionsRow, names map[string]string) []templates.PolicyVersion {
	var out []templates.PolicyVersion
	for i, row := range rows {
		v := templates.PolicyVersion{Version: int(row.Version), At: row.CreatedAt, By: row.Author}
		switch {
		case i+1 < len(rows):
			v.Summary = changes(rows[i+1].Document, row.Document, names)
		case row.Version == 1:
			v.Summary = changes(nil, row.Document, names)
		}
		out = append(out, v)
	}
	return out
}

// changes names settings as the stored document does, and the command line with it: words that stay the same
// in every language. A document nobody can read any more has no changes to show.
func changes(from, to []byte, called map[string]string) string {
	old, readable := settings(from, called)
	next, alsoReadable := settings(to, called)
	if !alsoReadable || from != nil && !readable {
		return ""
	}
	names := maps.Clone(old)
	maps.Copy(names, next)
	var out []string
	for _, name := range ordered(names) {
		was, is := old[name], next[name]
		switch {
		case was == is:
		case from == nil:
			out = append(out, name+": "+is)
		default:
			out = append(out, name+": "+cmp.Or(was, "–")+" → "+cmp.Or(is, "–"))
		}
	}
	return strings.Join(out, "; ")
}

// ordered has what takes many words, evidence, behind what it belongs to.
func ordered(of map[string]string) []string {
	long := func(name string) int { return strings.Count(name, ".evidence.") }
	return slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Or(long(a)-long(b), strings.Compare(a, b)) })
}

// settings is every setting by its path, read as the judge reads it: what an older document does not mention did not
// change with the first that does.
func settings(document []byte, called map[string]string) (map[string]string, bool) {
	out := map[string]string{}
	p, err := policy.Parse(0, document)
	var all any
	if err != nil || json.Unmarshal(p.Encode(), &all) != nil {
		return out, false
	}
	flatten(out, "", all, called)
	return out, true
}

// flatten names an entry by its title and a list by what it holds; whom break_glass names is said by number, ids tell nobody
// anything.
func flatten(out map[string]string, path string, value any, called map[string]string) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if path != "" {
				name = path + "." + name
			}
			flatten(out, name, inner, called)
		}
	case []any:
		flattenList(out, path, v, called)
	case float64:
		out[path] = fmt.Sprintf("%.0f", v)
	case nil:
		out[path] = ""
	default:
		out[path] = fmt.Sprint(v)
	}
}

func flattenList(out map[string]string, path string, list []any, called map[string]string) {
	var words []string
	for n, item := range list {
		entry, isEntry := item.(map[string]any)
		if !isEntry {
			words = append(words, fmt.Sprint(item))
			continue
		}
		flatten(out, path+"."+title(entry, n, called), entry, called)
	}
	switch {
	case path == "break_glass":
		out[path] = fmt.Sprint(len(list))
	case len(words) > 0:
		out[path] = strings.Join(words, ", ")
	}
}

// title takes the name of an entry out of it: that of a rule, of a connection, or its place.
func title(entry map[string]any, n int, called map[string]string) string {
	defer delete(entry, "name")
	defer delete(entry, "connection")
	if connection, ok := entry["connection"].(string); ok {
		return cmp.Or(called[connection], connection)
	}
	if name, ok := entry["name"].(string); ok {
		return name
	}
	return fmt.Sprint(n + 1)
}
