-- The book as pandoc reads it: a custom reader (https://pandoc.org/custom-readers.html). It takes what mdBook built, so that
-- includes, links and anchors are mdBook's: print.html has all pages one after the other, and every link leads within it;
-- toc.html has their numbers and depths; book.toml has title, authors, description, language.

local break_between_pages = '<div style="break-before: page; page-break-before: always;"></div>'

local function find_source(sources, name)
  for _, source in ipairs(sources) do
    if source.name:match("[^/]*$") == name then return source.text end
  end
  error("no " .. name .. " among the sources")
end

-- The entries of the table of contents, in order: number ("2.3." or "") and depth (1 for a chapter, 2 for a page of it).
local function read_contents(toc)
  local entries, depth = {}, 0
  for tag, rest in toc:gmatch("<(/?%a+)([^<]*)") do
    if tag == "ol" then depth = depth + 1
    elseif tag == "/ol" then depth = depth - 1
    elseif tag == "a" and rest:find('href="', 1, true) then entries[#entries + 1] = { depth = depth, number = "" }
    elseif tag == "strong" and rest:find("aria-hidden", 1, true) then entries[#entries].number = rest:match(">%s*(.*)")
    end
  end
  return entries
end

local function split_at(text, separator)
  local parts, from = {}, 1
  while true do
    local first, last = text:find(separator, from, true)
    parts[#parts + 1] = text:sub(from, (first or 0) - 1)
    if not first then return parts end
    from = last + 1
  end
end

-- A picture keeps its words and shapes. Its colours become plain ones, since many readers know no variables: those of a light
-- page, on paper of their own, so that a reader that turns the page dark cannot hide them, and those of a dark page where it asks.
local function plain_picture(svg)
  local light, dark, in_the_dark = {}, {}, {}
  local style = svg:match("<style>(.-)</style>") or ""
  for name, value in style:gmatch("%-%-([%w-]+):([^;}]+)") do
    if light[name] then dark[name] = value else light[name] = value end
  end
  local rules = style:gsub("@media %(prefers%-color%-scheme:dark%)%b{}", ""):gsub("%.timeline{%-%-[^}]*}", "")
  local function with(colours, text)
    return (text:gsub("var%(%-%-([%w-]+)%)", function(name) return assert(colours[name], "no colour " .. name) end))
  end
  for name, value in pairs(light) do
    for _, property in ipairs { "fill", "stroke" } do
      local rule = '.timeline [%s="%s"],.timeline [style*="%s:%s"]{%s:%s!important}'
      in_the_dark[#in_the_dark + 1] = rule:format(property, value, property, value, property, dark[name] or value)
    end
  end
  table.sort(in_the_dark) -- the same bytes each time
  style = ("<style>%s@media (prefers-color-scheme:dark){.timeline .paper{fill:#1c232c}%s%s}</style>")
    :format(with(light, rules), with(dark, rules), table.concat(in_the_dark))

  -- mdBook numbers the ids of a picture that is on two pages, and leaves what refers to them as it was.
  local id = svg:match('^<svg[^>]* id="([^"]*)"')
  local name, words = svg:match('<title id="([^"]*)"'), svg:match('<desc id="([^"]*)"')
  local hatch = svg:match('<pattern id="([^"]*)"')
  svg = svg:gsub('^(<svg[^>]*) id="[^"]*"', "%1"):gsub('aria%-labelledby="[^"]*"', ('aria-labelledby="%s %s"'):format(name, words), 1)
  if hatch then svg = svg:gsub("url%(#[^)]*%)", "url(#" .. hatch .. ")") end

  -- HTML does not mind the case of names, and mdBook writes them small; XML does mind.
  for _, name in ipairs { "viewBox", "preserveAspectRatio", "patternUnits", "patternTransform", "textLength", "lengthAdjust" } do
    svg = svg:gsub("( )" .. name:lower() .. "=", "%1" .. name .. "=")
  end

  svg = svg:gsub("<style>.-</style>", "", 1)
  svg = with(light, svg):gsub("</desc>", function(found)
    return found .. "\n" .. style .. '\n<rect class="paper" width="100%" height="100%" fill="#ffffff"/>'
  end, 1)
  return svg, id
end

-- What stands in a page for what pandoc does not read by itself; `restore` puts it back.
local function placeholder(kind, key) return ('<div data-%s="%s"></div>'):format(kind, key) end

local function read_page(html, entry, number_of_page)
  local pictures, notes, answers = {}, {}, {}
  local read = function(text) return pandoc.read(text, "html").blocks end

  html = html:gsub("<script.->.-</script>", ""):gsub("<template.->.-</template>", ""):gsub("<button.->.-</button>", "")
  html = html:gsub('<a class="header" href="[^"]*">(.-)</a>(</h%d>)', "%1%2")
  html = html:gsub("<svg.-</svg>", function(svg)
    local plain, id = plain_picture(svg)
    pictures[id] = plain
    return placeholder("picture", id)
  end)

  -- Footnotes, so that a reader can show them where they are mentioned.
  html = html:gsub('<ol class="footnote%-definition">(.-)\n</ol>', function(list)
    for id, text in list:gmatch('<li id="(footnote%-[^"]*)">(.-)\n</li>') do
      notes[id] = read((text:gsub(' *<a href="#fr%-[^"]*">[^<]*</a>', "")))
    end
    return ""
  end)
  html = html:gsub('<sup class="footnote%-reference"[^>]*><a href="#([^"]*)">.-</a></sup>', '<span data-note="%1"></span>')

  -- Questions. Few readers fold, so what to say to each answer goes to the end of the page, behind a link.
  local function question(group)
    local asked, explained = {}, {}
    for attributes, summary, text in group:gmatch("<details([^>]*)>%s*<summary>(.-)</summary>(.-)</details>") do
      asked[#asked + 1] = "<p>" .. summary .. "</p>"
      local right = attributes:find("data-right", 1, true) and ' <span class="right">✓ right</span>' or ""
      explained[#explained + 1] = "<p><strong>" .. summary .. "</strong>" .. right .. "</p>" .. text
    end
    local n = #answers + 1
    local here = ("question-%d-%d"):format(number_of_page, n)
    answers[n] = ('<div id="%s-answers" class="answers">%s<p><a href="#%s">Back to the question</a></p></div>')
      :format(here, table.concat(explained), here)
    local label = group:find("data%-right") and "Which of them is right, and why" or "The answers"
    return ('<div id="%s" class="question">%s<p><a href="#%s-answers">%s</a></p></div>')
      :format(here, table.concat(asked), here, label)
  end
  html = html:gsub("</details>%s*<details", "</details><details")
  local position, out = 1, {}
  while true do
    local first = html:find("<details", position, true)
    if not first then break end
    local last = first
    repeat
      local _, ends = html:find("</details>", last, true)
      last = ends + 1
    until html:sub(last, last + 7) ~= "<details"
    out[#out + 1] = html:sub(position, first - 1)
    out[#out + 1] = question(html:sub(first, last - 1))
    position = last
  end
  html = table.concat(out) .. html:sub(position)
  if #answers > 0 then html = html .. "<h2>Answers</h2>" .. table.concat(answers, "<hr>") end

  local blocks = read(html)
  local header = table.remove(blocks, 1)
  assert(header.t == "Header" and header.level == 1, "a page that does not begin with its title")
  blocks = blocks:walk {
    Header = function(it) it.level = it.level + entry.depth - 1 return it end,
    Div = function(it)
      local id = it.attributes.picture
      if id then return pandoc.Div({ pandoc.RawBlock("html", pictures[id]) }, pandoc.Attr(id, { "picture" })) end
      if it.classes:includes("table-wrapper") then return it.content end
    end,
    Table = function(it)
      if #it.colspecs > 5 then it.classes:insert("wide") end
      return it
    end,
    Span = function(it)
      local id = it.attributes.note
      if id then return pandoc.Note(assert(notes[id], "no footnote " .. id)) end
    end,
  }
  header.level = entry.depth
  if entry.number ~= "" then
    header.content = pandoc.Inlines { pandoc.Str(entry.number), pandoc.Space() } .. header.content
  end
  -- In a Div, the headings of a page are its own: only pages are files and entries in the table of contents.
  return pandoc.Blocks { header, pandoc.Div(blocks, pandoc.Attr("", { "page" })) }
end

function Reader(sources)
  local print_page, contents = find_source(sources, "print.html"), read_contents(find_source(sources, "toc.html"))
  local toml = find_source(sources, "book.toml")
  local main = print_page:match("<main>(.*)</main>")
  local pages = split_at(main, break_between_pages)
  assert(#pages == #contents, ("%d pages, but %d entries in the table of contents"):format(#pages, #contents))

  local blocks = pandoc.Blocks {}
  for i, page in ipairs(pages) do blocks:extend(read_page(page, contents[i], i)) end

  local function value(key) return assert(toml:match("\n" .. key .. ' = "([^"\n]*)"'), "no " .. key .. " in book.toml") end
  local authors = pandoc.List {}
  for author in toml:match("\nauthors = %[(.-)%]"):gmatch('"(.-)"') do authors:insert(author) end
  return pandoc.Pandoc(blocks, {
    title = value("title"), description = value("description"), lang = value("language"), author = authors,
  })
end
