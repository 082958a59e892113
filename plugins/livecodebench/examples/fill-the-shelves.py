class Solution:
    def fillShelves(self, books: List[int], width: int) -> List[List[int]]:
        shelves, room = [], 0
        for index, book in enumerate(books):
            if shelves and book <= room:
                shelves[-1][1] = index
            else:
                shelves.append([index, index])
                room = width
            room -= book
        return shelves
